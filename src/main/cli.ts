import { runCli } from '../cli/run-cli.ts';

// `npm run cli` works in the project's folder; files are named from where the person stands.
const { npm_lifecycle_event: npmScript, INIT_CWD: startedIn } = process.env;
if (npmScript === 'cli' && startedIn !== undefined) process.chdir(startedIn);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait for requests under way. Nothing is lost: they are safe to repeat.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}
// A reader that has seen enough, such as `head`, ends the command without a fuss.
process.stdout.on('error', () => process.exit(0));

const { env, stdout, stderr } = process;
process.exitCode = await runCli(process.argv.slice(2), { env, stdout, stderr, signal: stop.signal });
