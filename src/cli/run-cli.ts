import { Command, CommanderError } from 'commander';
import { addClockCommands } from './clock-commands.ts';
import { addEventsCommands } from './events-command.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { EXIT_STATUS, EXIT_STATUS_HELP } from './exit-status.ts';
import type { Host } from './host.ts';
import { addInvoicesCommands } from './invoices-commands.ts';
import { addKeysCommands } from './keys-commands.ts';
import { addRepairCommand } from './repair-command.ts';
import { reportError } from './report-error.ts';
import { addVerifyCommand } from './verify-command.ts';

/**
 * Runs one command line and returns its exit status (see exit-status). Only the public HTTP API is used.
 *
 * @param args what stands behind the program's name
 */
export async function runCli(args: readonly string[], host: Host): Promise<number> {
  try {
    await programOf(host).parseAsync(args, { from: 'user' });
    return EXIT_STATUS.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_STATUS.ok : EXIT_STATUS.usage;
    return reportError(host, error);
  }
}

function programOf(host: Host): Command {
  const program = new Command('durabill')
    .description('Durable usage billing: what the HTTP API offers, from a shell.')
    .option('--url <url>', 'address of the API (default: DURABILL_URL, else that of the home)')
    .option('--key <key>', 'API key (default: DURABILL_API_KEY, else the test key of the home)')
    .option('--live', 'use the live key of the home')
    .addHelpText('after', `\nThe home is DURABILL_HOME, by default .durabill in the project.\n\n${EXIT_STATUS_HELP}`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
    });
  addEventsCommands(program, host);
  addInvoicesCommands(program, host);
  addClockCommands(program, host);
  addKeysCommands(program, host);
  addVerifyCommand(program, host);
  addDoctorCommand(program, host);
  addRepairCommand(program, host);
  return program;
}
