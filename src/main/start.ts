/** `npm start`: the whole product on this machine, until SIGTERM or SIGINT, or until the process that started it is gone. */
import { ConfigError, readConfig } from '../platform/config.ts';
import { endWithParent } from '../platform/child-lifecycle.ts';
import { Launcher } from './launch/launcher.ts';

const WRONG_SETTINGS = 2;

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

// Whoever read our output may be gone before us.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

function readSettings() {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(WRONG_SETTINGS);
  }
}

const launcher = new Launcher(readSettings(), say);
let isEnding = false;
endWithParent(async () => {
  isEnding = true;
  await launcher.stop();
});

try {
  const { apiUrl, temporalUiUrl, newKeys } = await launcher.start();
  say(`API          ${apiUrl}`);
  if (temporalUiUrl !== null) say(`Temporal UI  ${temporalUiUrl}`);
  if (newKeys !== null) {
    say(`Test key     ${newKeys.testKey}`);
    say(`Live key     ${newKeys.liveKey}`);
    say('The home keeps both keys for the command line; the database keeps only their hashes.');
  }
  say(`ready ${apiUrl}`);
} catch (error) {
  // A start that was told to end fails at whatever it was doing; the end is under way.
  if (!isEnding) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    await launcher.stop();
    process.exit(1);
  }
}
