interface FaultEntry {
  readonly meaning: string;
  readonly fix: string;
}

/** The codes of `error.details`: what is wrong with one field. Served as pages like those of the catalogue. */
export const FAULTS = {
  missing: { meaning: 'A required field is absent.', fix: 'Send it.' },
  unknown_field: {
    meaning: 'The field or query parameter does not exist here; the message names the nearest one that does.',
    fix: 'Correct its name or leave it out.',
  },
  wrong_type: {
    meaning: 'The value has another JSON type than the field.',
    fix: 'Send the type that the message names.',
  },
  invalid_value: { meaning: 'The value is not one that the field takes.', fix: 'See the message for what it takes.' },
  not_a_decimal: {
    meaning: 'The value is no decimal, or has more digits than the field takes.',
    fix: 'Send a JSON number or a string such as "12.50", with at most 30 integer and 12 fraction digits.',
  },
  not_an_instant: {
    meaning: 'The value is no instant, or names a day or time that does not exist.',
    fix: 'Send ISO 8601 with an offset, such as `2026-01-31T09:30:00Z`.',
  },
  too_short: { meaning: 'The text is too short.', fix: 'Send a longer one.' },
  too_long: { meaning: 'The text is too long.', fix: 'Send a shorter one.' },
  too_small: { meaning: 'The number is below what the field takes.', fix: 'Send a larger one.' },
  too_large: { meaning: 'The number is above what the field takes.', fix: 'Send a smaller one.' },
  too_few: { meaning: 'The list has too few items.', fix: 'Send more.' },
  too_many: { meaning: 'The list or object has too many items.', fix: 'Send fewer.' },
  duplicate: { meaning: 'Another item of the list has the same value here.', fix: 'Give each item its own.' },
  unknown_name: { meaning: 'The name stands for nothing in the object it refers to.', fix: 'Correct the name.' },
  tiers_not_ascending: {
    meaning: "The tier's `up_to` is not above that of the tier before it.",
    fix: 'Sort the tiers by `up_to`, each bound once.',
  },
  open_tier: {
    meaning: 'A tier before the last has `up_to: null`.',
    fix: 'Give it a bound, or make it the last tier.',
  },
  bounded_last_tier: {
    meaning: 'The last tier has a bound, so larger quantities would have no price.',
    fix: 'Give the last tier `up_to: null`.',
  },
  too_far_ahead: {
    meaning: 'The timestamp is more than one hour ahead of the server, and the customer is on no test clock.',
    fix: "Correct the sender's clock, or leave `timestamp` out.",
  },
  unknown_customer: {
    meaning: 'The `cus_…` names no customer of this account and mode.',
    fix: 'Correct it, or send the `external_id`, which may be that of a customer still to be created.',
  },
  unsafe_text: {
    meaning: 'A string has a NUL character or a lone surrogate, or a name is one that JavaScript treats specially.',
    fix: 'Remove the character, or rename the member.',
  },
} as const satisfies Record<string, FaultEntry>;

/** `unsupported_field` and the like are codes of the whole request as well, so they stand in the catalogue. */
export type FaultCode = keyof typeof FAULTS | 'unsupported_field';

export function isFaultCode(code: string): code is FaultCode {
  return code === 'unsupported_field' || Object.hasOwn(FAULTS, code);
}
