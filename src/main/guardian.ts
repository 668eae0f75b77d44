/**
 * The guardian: a process that holds the home and owns the embedded servers for one launcher. It ends, and the servers
 * with it, when its standard input ends, which happens even when the launcher is killed.
 */
import { EmbeddedServers } from '../platform/embedded/embedded-servers.ts';
import { type GuardianOrder, writeGuardianMessage } from '../platform/embedded/guardian-messages.ts';
import { type HomeLock, lockHome } from '../platform/embedded/home-lock.ts';
import { openHome } from '../platform/home.ts';

const order: GuardianOrder = JSON.parse(process.argv[2] ?? '');
const servers = new EmbeddedServers(order, writeGuardianMessage);

let lock: HomeLock | null = null;
let ending = false;
async function end(status: number): Promise<void> {
  if (ending) return;
  ending = true;
  await servers.stop();
  lock?.release();
  process.exit(status);
}

// When the launcher was killed, nobody reads our last words.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
process.stdin.on('end', () => void end(0));
process.stdin.on('error', () => void end(0));
process.stdin.resume();
// A Ctrl-C in the terminal is the launcher's to handle: API and worker end before their servers do.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void end(0));

try {
  await openHome(order.home);
  lock = await lockHome(order.home, order.launcherPid);
  writeGuardianMessage({ event: 'ready', ready: true, ...(await servers.start()) });
} catch (error) {
  writeGuardianMessage({ event: 'failed', message: error instanceof Error ? error.message : String(error) });
  await end(1);
}
