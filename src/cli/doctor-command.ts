import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { contextOf } from './command-context.ts';
import { formatHealth } from './doctor-text.ts';
import { accountHealth } from './health-answer.ts';
import { type Host, printJson, printLine } from './host.ts';

export function addDoctorCommand(program: Command, host: Host): void {
  program
    .command('doctor')
    .description('tell whether billing goes on, and what needs you')
    .option('--json', "print the API's answer")
    .addHelpText('after', '\nThe exit status is 1 when anything needs a person.')
    .action((_options: object, command: Command) => examine(host, command));
}

async function examine(host: Host, command: Command): Promise<void> {
  const { client, json } = await contextOf(host, command);
  const { raw, value } = await client.call({ method: 'GET', path: '/account/health' }, accountHealth);
  if (json) printJson(host, raw);
  else printLine(host, formatHealth(value));
  if (!value.ok) throw new CliError('attention', 'Something needs you.');
}
