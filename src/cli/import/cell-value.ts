import { JsonError, numberText, parseExactJson } from '../../platform/exact-json.ts';

export type CellType = 'number' | 'string' | 'json';

export const CELL_TYPES: readonly CellType[] = ['number', 'string', 'json'];

/** `absent` where the row has no such value: an empty CSV cell, a missing member. */
export type CellReading =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'absent' }
  | { readonly kind: 'fault'; readonly message: string };

const ABSENT: CellReading = { kind: 'absent' };

/**
 * Reads a cell as a property's value. Numbers keep every digit.
 *
 * @param type null takes the cell as it stands: CSV text as a string, JSON as the value it is
 */
export function readCell(cell: unknown, type: CellType | null): CellReading {
  if (cell === undefined || cell === '') return ABSENT;
  switch (type) {
    case null:
      return { kind: 'value', value: cell };
    case 'number':
      return readNumber(cell);
    case 'string':
      return readString(cell);
    case 'json':
      return typeof cell === 'string' ? readJson(cell) : { kind: 'value', value: cell };
  }
}

/** The text of a cell that names something; null when it is empty, missing or no text or number. */
export function cellText(cell: unknown): string | null {
  if (typeof cell === 'string') return cell === '' ? null : cell;
  return numberText(cell);
}

const NUMBER = /^([+-]?)(?:0*(\d+)|(?=\.\d))(?:\.(\d*))?([eE][+-]?\d+)?$/;

/** Far above what the API uses (billing rules 1); the pattern takes quadratic time on a long run of zeros. */
const MAX_NUMBER_LENGTH = 200;

/** Plain decimals as people write them: `+5`, `.5`, `5.` and `007` too; thousands separators are not guessed at. */
function readNumber(cell: unknown): CellReading {
  if (numberText(cell) !== null) return { kind: 'value', value: cell };
  if (cell === null) return ABSENT;
  const text = typeof cell === 'string' ? cell.trim() : '';
  const match = text.length > MAX_NUMBER_LENGTH ? null : NUMBER.exec(text);
  if (match === null) return { kind: 'fault', message: `${shown(cell)} is not a number.` };
  const [, sign, whole = '0', fraction = '', exponent = ''] = match;
  const point = fraction === '' ? '' : `.${fraction}`;
  return { kind: 'value', value: parseExactJson(`${sign === '-' ? '-' : ''}${whole}${point}${exponent}`) };
}

function readString(cell: unknown): CellReading {
  if (cell === null) return ABSENT;
  if (typeof cell === 'boolean') return { kind: 'value', value: String(cell) };
  const text = cellText(cell);
  return text === null ? { kind: 'fault', message: `${shown(cell)} is not a text.` } : { kind: 'value', value: text };
}

function readJson(text: string): CellReading {
  try {
    return { kind: 'value', value: parseExactJson(text) };
  } catch (error) {
    if (error instanceof JsonError) return { kind: 'fault', message: `${shown(text)} is not JSON: ${error.message}.` };
    throw error;
  }
}

function shown(cell: unknown): string {
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  return `\`${text.length > 80 ? `${text.slice(0, 80)}…` : text}\``;
}
