#!/usr/bin/env node
/** `npx durabill …`: the command line, installed and started as every part is. */
process.argv.splice(2, 0, 'src/main/cli.ts');
await import('./run.mjs');
