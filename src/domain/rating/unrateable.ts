import { type Decimal, integerDigits } from '../decimal.ts';
import { LIMITS } from '../limits.ts';

export type UnrateableCode = 'quantity_too_large' | 'amount_too_large';

/** A period that can't be rated; its subscription then needs attention (billing rules 1 and 6). */
export class UnrateableError extends Error {
  readonly code: UnrateableCode;

  constructor(code: UnrateableCode, message: string) {
    super(message);
    this.name = 'UnrateableError';
    this.code = code;
  }
}

/** Passes a computed quantity or amount on; throws UnrateableError when it has more than 60 integer digits. */
export function withinDigits(value: Decimal, code: UnrateableCode, what: string): Decimal {
  const digits = integerDigits(value);
  if (digits <= LIMITS.computedIntegerDigits) return value;
  const message = `${what} has ${digits} integer digits; at most ${LIMITS.computedIntegerDigits} can be billed.`;
  throw new UnrateableError(code, message);
}
