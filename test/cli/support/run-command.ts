import { Writable } from 'node:stream';
import { runCli } from '../../../src/cli/run-cli.ts';

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface CommandSurroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly isTTY?: boolean;
}

class Capture extends Writable {
  text = '';
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

/** Runs one command line in this process, with its own environment and streams. */
export async function runCommand(
  args: readonly string[],
  { env = {}, signal = new AbortController().signal, isTTY = false }: CommandSurroundings = {},
): Promise<CommandResult> {
  const stdout = new Capture(false);
  const stderr = new Capture(isTTY);
  const status = await runCli(args, { env, stdout, stderr, signal });
  return { status, stdout: stdout.text, stderr: stderr.text };
}
