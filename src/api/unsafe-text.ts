import type { Fault } from '../domain/errors/failure.ts';
import { isRawNumber } from '../platform/exact-json.ts';
import { paramOf } from './faults.ts';

/** Nothing unsafe can be in a text without an escape or one of these names; most bodies are done after this scan. */
const SUSPICIOUS = /\\u|__proto__|constructor|prototype/;
const SPECIAL_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/** Whether PostgreSQL and every JSON reader take the text: no NUL character, no lone surrogate. */
export function isSafeText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/**
 * Faults of strings and names anywhere in a body, whatever its schema.
 *
 * @param source the body's text
 * @param body its value, already checked for depth
 */
export function unsafeTextFaults(source: string, body: unknown): Fault[] {
  return SUSPICIOUS.test(source) ? unsafeTextIn(body) : [];
}

/** The same for one value of which there is no source. */
export function unsafeTextIn(value: unknown): Fault[] {
  const faults: Fault[] = [];
  collect(value, [], faults);
  return faults;
}

function collect(value: unknown, path: readonly PropertyKey[], faults: Fault[]): void {
  if (typeof value === 'string') {
    if (!isSafeText(value)) faults.push(fault(path, 'A string may not have NUL characters or lone surrogates.'));
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) collect(item, [...path, index], faults);
  } else if (typeof value === 'object' && value !== null && !isRawNumber(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (SPECIAL_NAMES.has(name)) faults.push(fault([...path, name], `No member may be named "${name}".`));
      else if (!isSafeText(name)) faults.push(fault(path, 'A name may not have NUL characters or lone surrogates.'));
      else collect(member, [...path, name], faults);
    }
  }
}

function fault(path: readonly PropertyKey[], message: string): Fault {
  return { param: paramOf(path), code: 'unsafe_text', message };
}
