import * as z from 'zod';
import { parseExactJson } from '../platform/exact-json.ts';
import { closedObject } from './closed-object.ts';
import { issueOf } from './faults.ts';
import { text } from './request-fields.ts';

const EMAIL = /^[^\s@]+@[^\s@]+$/;

const line = () => text().nullish();

/** A postal address as requests give it; lines that are left out are null. */
export function address() {
  return closedObject({
    line1: line(),
    line2: line(),
    city: line(),
    state: line(),
    postal_code: line(),
    country: line(),
  });
}

type Address = z.output<ReturnType<typeof address>>;

const answered = () => z.string().nullable();

export const addressAnswer = z.strictObject({
  line1: answered(),
  line2: answered(),
  city: answered(),
  state: answered(),
  postal_code: answered(),
  country: answered(),
});

/** With every line, null where it was not given. */
function inFull(given: Address) {
  return {
    line1: given.line1 ?? null,
    line2: given.line2 ?? null,
    city: given.city ?? null,
    state: given.state ?? null,
    postal_code: given.postal_code ?? null,
    country: given.country ?? null,
  };
}

/** As it is stored: JSON text. */
export function writeAddress(given: Address | null): string | null {
  return given === null ? null : JSON.stringify(inFull(given));
}

/** A stored address as answers have it: PostgreSQL keeps members in an order of its own. */
export function readAddress(stored: string | null) {
  return stored === null ? null : inFull(parseExactJson(stored) as Address);
}

export function email() {
  return text({ max: 320 }).superRefine((value, context) => {
    if (!EMAIL.test(value)) context.addIssue(issueOf('invalid_value', 'Has to be an e-mail address.'));
  });
}
