import { fragment } from './sql.ts';

/**
 * What one reads of invoices and of what they drew can be read as it was when the invoice of a certain number became
 * final, for the counter behind the numbers orders all of it: see `invoices.voided_after`.
 */
export interface AsOfNumber {
  /** The number as the counter has it; null or absent: as it is now. */
  readonly asOfNumber?: bigint | null | undefined;
}

/** Greater than every number. */
const NOW = 2n ** 63n - 1n;

/** What counted by then has a counter value below this. */
export function countedBelow({ asOfNumber }: AsOfNumber): bigint {
  return asOfNumber ?? NOW;
}

/** The counter's value at which invoice `i` began to count: its number, or of a draft that was voided the one of then. */
export const COUNTED_SINCE = fragment`coalesce(i.number_seq, i.voided_after)`;

/** The same of an entry `e` of the credit ledger that invoice `i` wrote, at its finalization or by its void. */
export const ENTRY_SINCE = fragment`
  coalesce(case when e.source like 'void:%' then i.voided_after else coalesce(i.number_seq, i.voided_after) end, 0)`;
