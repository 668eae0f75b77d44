import { CliError } from '../cli-error.ts';
import type { WallTime } from './wall-time.ts';

type Field =
  | 'year'
  | 'month'
  | 'monthName'
  | 'day'
  | 'hour'
  | 'hour12'
  | 'half'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'offset';

interface Token {
  readonly field: Field;
  /** The regular expression of its text. */
  readonly source: string;
}

const MONTH_NAMES = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const LONG_MONTH_NAMES = 'January|February|March|April|May|June|July|August|September|October|November|December';

/** The tokens of Unicode's date patterns that a log file needs. A single letter also takes two digits. */
const TOKENS = new Map<string, Token>([
  ['yyyy', { field: 'year', source: '\\d{4}' }],
  ['MMMM', { field: 'monthName', source: LONG_MONTH_NAMES }],
  ['MMM', { field: 'monthName', source: MONTH_NAMES.join('|') }],
  ['MM', { field: 'month', source: '\\d\\d' }],
  ['M', { field: 'month', source: '\\d\\d?' }],
  ['dd', { field: 'day', source: '\\d\\d' }],
  ['d', { field: 'day', source: '\\d\\d?' }],
  ['HH', { field: 'hour', source: '\\d\\d' }],
  ['H', { field: 'hour', source: '\\d\\d?' }],
  ['hh', { field: 'hour12', source: '\\d\\d' }],
  ['h', { field: 'hour12', source: '\\d\\d?' }],
  ['a', { field: 'half', source: '[AaPp]\\.?[Mm]\\.?' }],
  ['mm', { field: 'minute', source: '\\d\\d' }],
  ['m', { field: 'minute', source: '\\d\\d?' }],
  ['ss', { field: 'second', source: '\\d\\d' }],
  ['s', { field: 'second', source: '\\d\\d?' }],
  ['S', { field: 'fraction', source: '\\d{1,9}' }],
  ['XXX', { field: 'offset', source: 'Z|[+-]\\d\\d(?::?\\d\\d)?' }],
]);

export const TIME_PATTERN_HELP =
  'yyyy, MM or M, MMM (Jan), MMMM (January), dd or d, HH or H, hh or h with a (AM, PM), mm or m, ss or s, ' +
  "S (1 to 9 digits of a second), XXX (Z, +02, +0200 or +02:00), 'text' for letters that stand for themselves";

/** Reads texts that look like the pattern; null for one that does not. Ranges are not checked here. */
export type TimeReader = (text: string) => WallTime | null;

/**
 * Compiles a pattern such as `yyyy/MM/dd HH:mm`. Year, month and day are needed; the rest is zero when left out.
 *
 * @throws CliError for an unknown or repeated token
 */
export function compileTimePattern(pattern: string): TimeReader {
  const { source, fields } = translate(pattern);
  requireDate(pattern, fields);
  const expression = new RegExp(`^${source}$`, 'i');
  return (text) => {
    const match = expression.exec(text);
    return match === null ? null : wallTimeOf(new Map(fields.map((field, index) => [field, match[index + 1] ?? ''])));
  };
}

/** Whether times of this pattern name their instant themselves. */
export function hasOffset(pattern: string): boolean {
  return translate(pattern).fields.includes('offset');
}

function translate(pattern: string): { source: string; fields: Field[] } {
  const fields: Field[] = [];
  const parts = pattern.match(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z]/g) ?? [];
  const sources = parts.map((part) => {
    if (part.length > 1 && part.startsWith("'")) return escape(quotedText(part));
    if (!/[A-Za-z]/.test(part)) return escape(part);
    const token = TOKENS.get(/^S+$/.test(part) ? 'S' : /^X+$/.test(part) ? 'XXX' : part);
    if (token === undefined) throw wrongPattern(pattern, `\`${part}\` is not a token`);
    if (fields.includes(token.field)) throw wrongPattern(pattern, `\`${part}\` gives the ${token.field} a second time`);
    fields.push(token.field);
    return `(${token.source})`;
  });
  return { source: sources.join(''), fields };
}

function requireDate(pattern: string, fields: readonly Field[]): void {
  const has = (field: Field) => fields.includes(field);
  if (!has('year') || !has('day') || has('month') === has('monthName')) {
    throw wrongPattern(pattern, 'it needs one year, one month and one day');
  }
  if (has('hour12') !== has('half')) throw wrongPattern(pattern, '`hh` and `a` (AM, PM) need each other');
  if (has('hour') && has('hour12')) throw wrongPattern(pattern, 'it has both `HH` and `hh`');
}

function wallTimeOf(texts: ReadonlyMap<Field, string>): WallTime | null {
  const number = (field: Field) => Number(texts.get(field) ?? 0);
  const hour = texts.has('hour12') ? hourOfHalfDay(number('hour12'), texts.get('half') ?? '') : number('hour');
  if (hour === null) return null;
  const name = texts.get('monthName');
  return {
    year: number('year'),
    month: name === undefined ? number('month') : MONTH_NAMES.indexOf(name.slice(0, 3).toLowerCase()) + 1,
    day: number('day'),
    hour,
    minute: number('minute'),
    second: number('second'),
    fraction: texts.get('fraction') ?? '',
    offset: texts.get('offset')?.toUpperCase() ?? null,
  };
}

/** 12 AM is midnight, 12 PM is noon. */
function hourOfHalfDay(hour: number, half: string): number | null {
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half.toLowerCase().startsWith('p') ? 12 : 0);
}

/** Two quotes stand for one, within quotes and alone. */
function quotedText(part: string): string {
  return part === "''" ? "'" : part.slice(1, -1).replaceAll("''", "'");
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function wrongPattern(pattern: string, fault: string): CliError {
  return new CliError('usage', `--timestamp-format \`${pattern}\`: ${fault}.`, {
    fix: `Tokens: ${TIME_PATTERN_HELP}.`,
  });
}
