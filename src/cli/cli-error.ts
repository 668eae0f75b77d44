import type { ExitStatus } from './exit-status.ts';

interface CliErrorContext {
  /** What the person can do about it. */
  readonly fix?: string;
  readonly cause?: unknown;
}

/** An expected end of a command: printed as a sentence and its fix, without a stack. */
export class CliError extends Error {
  readonly exitStatus: ExitStatus;
  readonly fix: string | null;

  constructor(exitStatus: ExitStatus, message: string, context: CliErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = 'CliError';
    this.exitStatus = exitStatus;
    this.fix = context.fix ?? null;
  }
}
