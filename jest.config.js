/**
 * Tests run as ECMAScript modules, which needs Node's --experimental-vm-modules from the start of the process, and on
 * the pinned Node. `npm test` starts it so; any other start (`npx jest …`, an editor) is sent through the same script.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const isReady = `${process.env.NODE_OPTIONS ?? ''} ${process.execArgv.join(' ')}`.includes('--experimental-vm-modules');
if (!isReady) {
  const script = fileURLToPath(new URL('./scripts/run.mjs', import.meta.url));
  const outcome = spawnSync(process.execPath, [script, 'jest', ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(outcome.status ?? 1);
}

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  setupFiles: ['<rootDir>/test/support/property-seed.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  modulePathIgnorePatterns: ['<rootDir>/.cache/', '<rootDir>/.durabill/'],
  testTimeout: 30_000,
  // Tests wait for servers a good part of their time; with one worker a second core would idle.
  maxWorkers: 2,
};
