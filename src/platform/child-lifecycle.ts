/**
 * Set by a parent that holds our standard input open for as long as it lives: `1` by one that reads our standard output,
 * `run` by scripts/run.mjs, which leaves that to the person at the terminal.
 */
const SUPERVISED = 'DURABILL_SUPERVISED';

/**
 * Calls `onEnd` once when this process is to end: on SIGTERM, SIGINT or SIGHUP and, under a parent, when standard input ends,
 * which also a killed parent can't prevent. `onEnd` closes what is open; then the process exits with status 0, or 1
 * when closing failed.
 */
export function endWithParent(onEnd: () => Promise<void>): void {
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    onEnd().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error('closing failed:', error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, end);
  if (!process.env[SUPERVISED]) return;
  process.stdin.on('end', end);
  process.stdin.on('error', end);
  process.stdin.resume();
}

/** Whether a parent reads what this process says. */
export function isSupervised(): boolean {
  return process.env[SUPERVISED] === '1';
}

/** Tells the parent that this process serves; `facts` are what it needs to know, such as the port. */
export function reportReady(facts: Readonly<Record<string, string | number>> = {}): void {
  if (isSupervised()) process.stdout.write(`${JSON.stringify({ ready: true, ...facts })}\n`);
}
