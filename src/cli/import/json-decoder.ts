import { JsonError, parseExactJson } from '../../platform/exact-json.ts';
import { type DecodedRow, decodedRow, faultyRow, NOT_UTF8, type RowDecoder, utf8Text } from './decoded-row.ts';
import type { RawRow } from './raw-row.ts';

export class JsonDecoder implements RowDecoder {
  decode(rows: readonly RawRow[]): DecodedRow[] {
    return rows.map(decodeOne);
  }
}

function decodeOne(raw: RawRow): DecodedRow {
  if (raw.fault !== null) return faultyRow(raw, raw.fault);
  const text = utf8Text(raw.bytes);
  if (text === null) return faultyRow(raw, NOT_UTF8);
  try {
    const value = parseExactJson(text);
    return isObject(value) ? decodedRow(raw, value) : faultyRow(raw, 'The row is JSON but not an object.');
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return faultyRow(raw, error.fault === 'too_deep' ? error.message : `The row is not JSON: ${error.message}.`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
