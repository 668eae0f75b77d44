import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from './cli-error.ts';
import { contextOf } from './command-context.ts';
import { type Host, printJson, printLine, printNote } from './host.ts';
import { TIME_FORMAT_HELP } from './import/event-time.ts';
import { importFile } from './import/import-file.ts';
import { type ImportOptions, planImport } from './import/import-plan.ts';
import { ImportSpeed, reportJson, reportText } from './import/import-report.ts';
import { startProgress } from './progress.ts';
import { PATIENT_RETRIES } from './retry.ts';

const MAX_CONCURRENCY = 32;

const IMPORT_NOTES = `
Each row becomes one event. A CSV file names its columns in the first line; blank lines are no rows.

Properties: without --property every column that nothing else uses becomes a property as it stands: CSV cells as text,
JSON values as they are. Text that is a plain decimal is billed as that number; ":number" also reads +5, .5 and 1e3,
":string" keeps text text, ":json" reads the cell as JSON. An empty CSV cell is no property.

Keys: without --key-column an event's idempotency key is the hash of its row and the ordinal among equal rows, so the
same rows are never billed twice, also when the file is sorted otherwise, cut in two or imported with other options. To
make two events of one row, or to import another file with the same rows, give a --key-prefix.

Rejected rows are written to FILE.rejected.jsonl with line, row, reasons and source; the file is written anew by each
import. After an interruption repeat the command: FILE.checkpoint.json tells where to go on.`;

export function addEventsCommands(program: Command, host: Host): void {
  const events = program.command('events').description('usage');
  events
    .command('import')
    .description('send the rows of a file as events: CSV, a JSON array of objects, or JSON lines')
    .argument('<file>')
    .addOption(new Option('--format <format>', "default by the file's extension").choices(['csv', 'json', 'jsonl']))
    .option('--delimiter <character>', 'of CSV; `tab` for a tab (default: a comma, in .tsv files a tab)')
    .option('--event-name <name>', 'the same event name for every row')
    .option('--event-name-column <column>', 'where the event name stands (default: event_name)')
    .option('--customer-column <column>', "where the customer's external_id stands", 'customer_id')
    .option('--timestamp-column <column>', 'where the time stands', 'timestamp')
    .option('--timestamp-format <format>', TIME_FORMAT_HELP, 'iso')
    .option(
      '--timezone <zone>',
      'IANA zone of times without an offset; skipped local times move forward, repeated ones are the first',
    )
    .option('--key-column <column>', 'where a unique idempotency key stands (default: made of the row)')
    .option('--key-prefix <text>', 'put in front of every idempotency key')
    .option(
      '--property <rule>',
      'NAME[=COLUMN][:number|string|json]: a property and where it stands; repeatable',
      append,
    )
    .option('--no-properties', 'send no properties')
    .option('--rejects <file>', 'where rejected rows go (default: FILE.rejected.jsonl)')
    .option('--checkpoint <file>', 'where progress is kept until the import is done (default: FILE.checkpoint.json)')
    .option('--no-checkpoint', 'keep no progress')
    .option('--concurrency <n>', `requests of 1,000 events at a time, 1 to ${MAX_CONCURRENCY}`, readConcurrency, 4)
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', IMPORT_NOTES)
    .action((file: string, options: ImportOptions, command: Command) => importEvents(host, command, { file, options }));
}

interface ImportCall {
  readonly file: string;
  readonly options: ImportOptions;
}

async function importEvents(host: Host, command: Command, { file, options }: ImportCall): Promise<void> {
  let note = (text: string): void => printNote(host, text);
  const context = await contextOf(host, command, { retries: PATIENT_RETRIES, onWait: (why) => note(why) });
  const plan = await planImport(file, options, context.connection);
  const speed = new ImportSpeed(plan.file.size);
  const progress = startProgress(host, plan.file.size);
  note = progress.note;
  try {
    const outcome = await importFile(plan, {
      client: context.client,
      signal: host.signal,
      onProgress: (totals) => progress.show(totals.offset, speed.describe(totals)),
      onNote: note,
    });
    if (outcome.finished) progress.show(plan.file.size, speed.describe(outcome.totals));
    progress.stop();
    if (context.json) printJson(host, reportJson(plan, outcome, speed));
    else printLine(host, reportText(plan, outcome, speed));
    if (!outcome.finished) throw new CliError('interrupted', 'Interrupted.', { fix: 'Repeat the command to go on.' });
    const { rejected } = outcome.totals;
    if (rejected > 0) throw new CliError('attention', `${rejected} rejected: see ${plan.rejectsPath}.`);
  } finally {
    progress.stop();
  }
}

function append(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function readConcurrency(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MAX_CONCURRENCY) return value;
  throw new InvalidArgumentError(`It is a number from 1 to ${MAX_CONCURRENCY}.`);
}
