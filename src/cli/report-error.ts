import pc from 'picocolors';
import { ApiError, describeApiError } from './api-error.ts';
import { CliError } from './cli-error.ts';
import { EXIT_STATUS } from './exit-status.ts';
import { type Host, printNote } from './host.ts';

/** Says what went wrong, for people, and returns the exit status for it. */
export function reportError(host: Host, error: unknown): number {
  const { red } = pc.createColors(host.stderr.isTTY === true && !host.env['NO_COLOR']);
  if (error instanceof CliError) {
    printNote(host, red(error.message));
    if (error.fix !== null) printNote(host, error.fix);
    return EXIT_STATUS[error.exitStatus];
  }
  if (error instanceof ApiError) {
    printNote(host, red(describeApiError(error)));
    return error.status >= 500 ? EXIT_STATUS.unreachable : EXIT_STATUS.refused;
  }
  printNote(host, red('This is a defect in durabill:'));
  printNote(host, error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT_STATUS.defect;
}
