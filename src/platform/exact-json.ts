import { LIMITS } from '../domain/limits.ts';
import { isDeeperThan } from './json-depth.ts';
import { canonicalNumberText } from './json-number.ts';

/** A number that a double does not hold exactly, or with an exponent beyond ±30, kept as it was written; `JSON.stringify` writes it back unchanged. */
export interface RawNumber {
  readonly rawJSON: string;
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** TypeScript's library does not describe these yet. */
interface JsonWithSource {
  parse(text: string, reviver?: Reviver): unknown;
  rawJSON(source: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}
const json = JSON as unknown as JsonWithSource;

export type JsonFault = 'malformed' | 'too_deep';

/** The text is not JSON, or nests too deep. */
export class JsonError extends Error {
  readonly fault: JsonFault;

  constructor(fault: JsonFault, message: string) {
    super(message);
    this.name = 'JsonError';
    this.fault = fault;
  }
}

/** Numbers of at most 15 significant digits print back as they were read; anything that may be more is matched. */
const PERHAPS_INEXACT = /(?:^|[:[,])\s*-?(?:\d[\d.]{15,}|\d[\d.]*[eE])/;

/**
 * Reads JSON without losing a digit: a number becomes a JavaScript number where that prints back as the same value, and
 * else a `RawNumber`. `numberText` reads both.
 *
 * The native parser is used alone where no number needs more, because a reviver costs six times as much.
 *
 * @throws JsonError
 */
export function parseExactJson(text: string): unknown {
  if (isDeeperThan(text, LIMITS.jsonDepth)) {
    throw new JsonError('too_deep', `JSON may nest at most ${LIMITS.jsonDepth} levels deep.`);
  }
  try {
    return PERHAPS_INEXACT.test(text) ? json.parse(text, keepExact) : JSON.parse(text);
  } catch (error) {
    throw new JsonError('malformed', error instanceof Error ? error.message : 'not JSON');
  }
}

/** What reads the number may have to refuse its exponent (billing rules 1), whatever the value comes to. */
const FAR_EXPONENT = /[eE][+-]?0*(?:[1-9]\d{2,}|[4-9]\d|3[1-9])$/;

const keepExact: Reviver = (_key, value, { source }) => {
  if (typeof value !== 'number' || source === undefined) return value;
  const exact = Number.isFinite(value) && canonicalNumberText(String(value)) === canonicalNumberText(source);
  return exact && !FAR_EXPONENT.test(source) ? value : json.rawJSON(source);
};

export function stringifyExactJson(value: unknown): string {
  return JSON.stringify(value);
}

export function isRawNumber(value: unknown): value is RawNumber {
  return json.isRawJSON(value);
}

/** The canonical decimal text of a JSON number (see `canonicalNumberText`); null when the value is no number. */
export function numberText(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? canonicalNumberText(String(value)) : null;
  return isRawNumber(value) ? canonicalNumberText(value.rawJSON) : null;
}

/**
 * One text for one JSON value, for hashes and comparisons: keys sorted by UTF-16 units, no spaces, numbers canonical,
 * so `1` equals `1.0` and differs from `"1"` (billing rules 2). Recursive: only for values that passed the depth check.
 */
export function canonicalJson(value: unknown): string {
  const number = numberText(value);
  if (number !== null) return number;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
