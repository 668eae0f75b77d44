import { CliError } from '../cli-error.ts';
import { CELL_TYPES, type CellType } from './cell-value.ts';

export interface PropertyRule {
  /** The property's name in the event. */
  readonly name: string;
  readonly column: string;
  /** Null takes the cell as it stands. */
  readonly type: CellType | null;
}

/** Which column gives which part of an event. */
export interface ColumnMapping {
  readonly eventName: { readonly constant: string } | { readonly column: string };
  readonly customerColumn: string;
  readonly timestampColumn: string;
  /** Null: the key is the hash of the row and its ordinal among equal rows. */
  readonly keyColumn: string | null;
  /** Stands before every idempotency key. */
  readonly keyPrefix: string;
  /** `rest`: every column that nothing else uses, as it stands. */
  readonly properties: readonly PropertyRule[] | 'rest';
}

const PROPERTY = new RegExp(`^([^=]+?)(?:=(.+?))?(?::(${CELL_TYPES.join('|')}))?$`, 's');

/**
 * Reads `NAME[=COLUMN][:number|string|json]`. Without a column the name is the column's. The type is only what stands
 * behind the last colon, so columns may have colons.
 *
 * @throws CliError
 */
export function parsePropertyRule(text: string): PropertyRule {
  const match = PROPERTY.exec(text);
  const [, name, column, type] = match ?? [];
  if (name === undefined) {
    throw new CliError('usage', `--property \`${text}\` is not NAME[=COLUMN][:number|string|json].`);
  }
  return { name, column: column ?? name, type: CELL_TYPES.find((known) => known === type) ?? null };
}

/** The columns that are not properties. */
export function reservedColumns(mapping: ColumnMapping): string[] {
  const eventName = 'column' in mapping.eventName ? [mapping.eventName.column] : [];
  const key = mapping.keyColumn === null ? [] : [mapping.keyColumn];
  return [...eventName, mapping.customerColumn, mapping.timestampColumn, ...key];
}

/** @throws CliError that names every column the mapping wants and the file does not have */
export function requireColumns(mapping: ColumnMapping, names: readonly string[]): void {
  const properties = mapping.properties === 'rest' ? [] : mapping.properties.map((rule) => rule.column);
  const wanted = new Set([...reservedColumns(mapping), ...properties]);
  const missing = [...wanted].filter((column) => !names.includes(column));
  if (missing.length === 0) return;
  throw new CliError('usage', `The file has no column ${missing.map((name) => `\`${name}\``).join(', ')}.`, {
    fix: `Its columns are ${names.map((name) => `\`${name}\``).join(', ')}; name them with the --…-column options.`,
  });
}
