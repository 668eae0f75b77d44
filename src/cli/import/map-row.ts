import { formatInstant } from '../../domain/instant.ts';
import { stringifyExactJson } from '../../platform/exact-json.ts';
import { cellText, readCell } from './cell-value.ts';
import { type ColumnMapping, type PropertyRule, reservedColumns } from './column-mapping.ts';
import type { Columns } from './decoded-row.ts';
import type { EventClock } from './event-time.ts';

/** Why a row is not an event; `param` is the event's field. */
export interface RowFault {
  readonly param: string | null;
  readonly code: string;
  readonly message: string;
}

/** An event as the JSON text that is sent, or all its faults. */
export type MappedRow = { readonly event: string } | { readonly faults: readonly RowFault[] };

export type RowMapper = (columns: Columns, defaultKey: string) => MappedRow;

/** Makes events of rows. Pure: the same row gives the same text, so a repeated import compares equal. */
export function rowMapper(mapping: ColumnMapping, clock: EventClock): RowMapper {
  const reserved = new Set(reservedColumns(mapping));
  const rulesFor = (columns: Columns): readonly PropertyRule[] =>
    mapping.properties === 'rest'
      ? Object.keys(columns)
          .filter((name) => !reserved.has(name))
          .map((name) => ({ name, column: name, type: null }))
      : mapping.properties;
  return (columns, defaultKey) => {
    const faults: RowFault[] = [];
    const text = (param: string, column: string): string => {
      const cell = cellOf(columns, column);
      const found = cellText(cell);
      if (found === null) faults.push({ param, code: 'missing_value', message: whyNoText(column, cell) });
      return found ?? '';
    };
    const event = {
      event_name:
        'constant' in mapping.eventName ? mapping.eventName.constant : text('event_name', mapping.eventName.column),
      customer_id: text('customer_id', mapping.customerColumn),
      idempotency_key:
        mapping.keyPrefix + (mapping.keyColumn === null ? defaultKey : text('idempotency_key', mapping.keyColumn)),
      timestamp: readTimestamp(faults, text('timestamp', mapping.timestampColumn), clock),
      properties: readProperties(faults, columns, rulesFor(columns)),
    };
    return faults.length > 0 ? { faults } : { event: stringifyExactJson(event) };
  };
}

function whyNoText(column: string, cell: unknown): string {
  if (cell === undefined) return `The row has no column \`${column}\`.`;
  return `Column \`${column}\` ${cell === '' || cell === null ? 'is empty' : 'holds no text or number'}.`;
}

function readTimestamp(faults: RowFault[], text: string, clock: EventClock): string {
  if (text === '') return '';
  const reading = clock(text);
  if ('instant' in reading) return formatInstant(reading.instant);
  faults.push({ param: 'timestamp', code: 'invalid_timestamp', message: reading.fault });
  return '';
}

function readProperties(faults: RowFault[], columns: Columns, rules: readonly PropertyRule[]): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const rule of rules) {
    const reading = readCell(cellOf(columns, rule.column), rule.type);
    if (reading.kind === 'value') entries.push([rule.name, reading.value]);
    if (reading.kind === 'fault') {
      faults.push({
        param: `properties.${rule.name}`,
        code: `invalid_${rule.type ?? 'value'}`,
        message: reading.message,
      });
    }
  }
  // Not by assignment: a column named `__proto__` must reach the API and be refused there.
  return Object.fromEntries(entries);
}

function cellOf(columns: Columns, column: string): unknown {
  return Object.hasOwn(columns, column) ? columns[column] : undefined;
}
