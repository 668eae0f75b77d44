import type { SqlFragment } from '../sql.ts';

/** Something that is true of the database at any time, whatever happened to it. */
export interface Invariant {
  /** For scripts: words joined by `_`; never changed once it was released. */
  readonly name: string;
  /** What is true, in a sentence. */
  readonly guarantee: string;
  /** A `warning` may also come of work that is still under way. */
  readonly severity: 'violation' | 'warning';
  /**
   * A query of the rows that break it: none. Each table has the rows of one account and mode; `currency_digits` has the
   * decimals of each currency. Written from the billing rules in SQL of its own, so that it shares no fault with the code.
   */
  readonly breaches: SqlFragment;
}
