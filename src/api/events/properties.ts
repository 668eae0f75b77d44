import * as z from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { isRawNumber, numberText, stringifyExactJson } from '../../platform/exact-json.ts';
import { hasMoreCodePoints } from '../code-points.ts';
import { issueOf } from '../faults.ts';

/**
 * An event's properties, kept as they were parsed. At most 64 names and 8 KB of JSON, counted with every number
 * written out in plain notation, as the database keeps it: so 1e400 takes 401 bytes and is stored exactly, and a few
 * bytes such as 1e100000 cannot become a flood.
 */
export function eventProperties() {
  return z
    .custom<Readonly<Record<string, unknown>>>(isPlainObject, {
      error: 'Has to be an object.',
      params: { code: 'wrong_type' },
      abort: true,
    })
    .superRefine((value, context) => {
      const names = Object.keys(value).length;
      if (names > LIMITS.propertyKeys) {
        context.addIssue(issueOf('too_many', `May have at most ${LIMITS.propertyKeys} names.`));
      }
      if (plainBytes(value) > LIMITS.propertyBytes) {
        const message = `May have at most ${LIMITS.propertyBytes} bytes of JSON, with numbers in plain notation.`;
        context.addIssue(issueOf('too_long', message));
      }
      for (const path of longTexts(value)) {
        const message = `May have at most ${LIMITS.stringLength} characters.`;
        context.addIssue({ ...issueOf('too_long', message), path: [...path] });
      }
    })
    .meta({
      override: { type: 'object', maxProperties: LIMITS.propertyKeys, additionalProperties: true },
      description: `Anything a charge filters by or aggregates; at most ${LIMITS.propertyKeys} names and 8 KB. Numbers are exact.`,
      example: { tokens: 1200, region: 'eu' },
    });
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

function plainBytes(properties: unknown): number {
  return Buffer.byteLength(stringifyExactJson(properties)) + extraDigits(properties);
}

/** How much longer plain notation makes the numbers of a value. Recursive; the depth is checked before. */
function extraDigits(value: unknown): number {
  if (typeof value === 'number' || isRawNumber(value)) {
    const written = isRawNumber(value) ? value.rawJSON : String(value);
    return Math.max(0, plainLength(numberText(value) ?? written) - written.length);
  }
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, member) => sum + extraDigits(member), 0);
}

/** Of a canonical number, which has an exponent where plain notation is long. */
function plainLength(number: string): number {
  const exponent = number.indexOf('e');
  return exponent === -1 ? number.length : exponent + Math.abs(Number(number.slice(exponent + 1)));
}

type Path = readonly (string | number)[];

function longTexts(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'string') return hasMoreCodePoints(value, LIMITS.stringLength) ? [path] : [];
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return [];
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return members.flatMap(([name, member]) => longTexts(member, [...path, name]));
}
