/** `npm run demo`: a year of billing in about a minute, against the running product or one that it starts. */
import { runDemo } from '../demo/run-demo.ts';
import { endWithParent } from '../platform/child-lifecycle.ts';

const stop = new AbortController();
// Whoever read our output may be gone before us.
process.stdout.on('error', () => stop.abort());

const { env, stdout, stderr } = process;
const ended = runDemo(process.argv.slice(2), { env, stdout, stderr, signal: stop.signal });
endWithParent(async () => {
  stop.abort();
  process.exit(await ended);
});
process.exit(await ended);
