import { createHash } from 'node:crypto';
import { CliError } from '../cli-error.ts';
import type { Connection } from '../connection.ts';
import { type ColumnMapping, parsePropertyRule, requireColumns } from './column-mapping.ts';
import { eventClock } from './event-time.ts';
import type { ImportPlan } from './import-file.ts';
import { formatOf, type InputFormat, inspectInput } from './input-file.ts';
import { rowMapper } from './map-row.ts';

/** The options of `events import` as the command line gives them. */
export interface ImportOptions {
  readonly format?: InputFormat;
  readonly delimiter?: string;
  readonly eventName?: string;
  readonly eventNameColumn?: string;
  readonly customerColumn: string;
  readonly timestampColumn: string;
  readonly timestampFormat: string;
  readonly timezone?: string;
  readonly keyColumn?: string;
  readonly keyPrefix?: string;
  readonly property?: readonly string[];
  /** False by --no-properties. */
  readonly properties: boolean;
  readonly rejects?: string;
  /** False by --no-checkpoint. */
  readonly checkpoint?: string | boolean;
  readonly concurrency: number;
}

const DEFAULT_EVENT_NAME_COLUMN = 'event_name';

/** Checks everything that can be wrong before the first event is sent. @throws CliError */
export async function planImport(path: string, options: ImportOptions, connection: Connection): Promise<ImportPlan> {
  const file = await inspectInput(path);
  const format = options.format ?? formatOf(path);
  if (format === null) {
    throw new CliError('usage', `The extension of ${path} does not tell its format.`, {
      fix: 'Add --format csv, --format json (one array) or --format jsonl (an object a line).',
    });
  }
  const mapping = mappingOf(options);
  const delimiter = delimiterOf(path, options.delimiter);
  const clock = eventClock(options.timestampFormat, options.timezone ?? null);
  return {
    file,
    read: { format, delimiter, checkHeader: (names) => requireColumns(mapping, names) },
    mapRow: rowMapper(mapping, clock),
    rejectsPath: options.rejects ?? `${path}.rejected.jsonl`,
    checkpoint: {
      path: checkpointPath(path, options.checkpoint),
      binding: bindingOf(connection, [format, delimiter, mapping, options.timestampFormat, options.timezone ?? null]),
    },
    concurrency: options.concurrency,
  };
}

function mappingOf(options: ImportOptions): ColumnMapping {
  if (options.eventName !== undefined && options.eventNameColumn !== undefined) {
    throw new CliError('usage', '--event-name and --event-name-column exclude each other.');
  }
  const { property = [] } = options;
  if (property.length > 0 && !options.properties) {
    throw new CliError('usage', '--property and --no-properties exclude each other.');
  }
  const rules = property.map(parsePropertyRule);
  const repeated = rules.find((rule, index) => rules.findIndex(({ name }) => name === rule.name) !== index);
  if (repeated !== undefined) throw new CliError('usage', `--property ${repeated.name} is given twice.`);
  return {
    eventName:
      options.eventName === undefined
        ? { column: options.eventNameColumn ?? DEFAULT_EVENT_NAME_COLUMN }
        : { constant: options.eventName },
    customerColumn: options.customerColumn,
    timestampColumn: options.timestampColumn,
    keyColumn: options.keyColumn ?? null,
    keyPrefix: options.keyPrefix ?? '',
    properties: rules.length > 0 || !options.properties ? rules : 'rest',
  };
}

function delimiterOf(path: string, option: string | undefined): string {
  const text = option ?? (path.toLowerCase().endsWith('.tsv') ? 'tab' : ',');
  const delimiter = text === 'tab' || text === '\\t' ? '\t' : text;
  if (/^[\t\x20-\x7e]$/.test(delimiter) && delimiter !== '"') return delimiter;
  throw new CliError('usage', `--delimiter \`${text}\` is not one ASCII character.`, {
    fix: 'Use for instance ; or tab.',
  });
}

function checkpointPath(path: string, option: string | boolean = true): string | null {
  if (option === false) return null;
  return typeof option === 'string' ? option : `${path}.checkpoint.json`;
}

/** Not the key itself, which may be replaced meanwhile; what it leads to is checked when an import goes on. */
function bindingOf({ url, key }: Connection, mapping: readonly unknown[]): string {
  const mode = key.startsWith('fp_live_') ? 'live' : 'test';
  return createHash('sha256')
    .update(JSON.stringify([url, mode, ...mapping]))
    .digest('hex');
}
