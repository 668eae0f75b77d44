import { BALANCE_INVARIANTS } from './balances.ts';
import { GRANT_INVARIANTS } from './credit-grants.ts';
import { HISTORY_INVARIANTS } from './history.ts';
import type { Invariant } from './invariant.ts';
import { INVOICE_INVARIANTS } from './invoices.ts';
import { LATE_INVARIANTS } from './late-usage.ts';
import { LINE_INVARIANTS } from './lines.ts';
import { PAYMENT_INVARIANTS } from './payments.ts';
import { PERIOD_INVARIANTS } from './periods.ts';
import { REFERENCE_INVARIANTS } from './references.ts';
import { SAFEGUARD_INVARIANTS } from './safeguards.ts';
import { TAX_INVARIANTS } from './taxes.ts';

/** What is true of every database, in the order in which it is checked. */
export const INVARIANTS: readonly Invariant[] = [
  ...LINE_INVARIANTS,
  ...TAX_INVARIANTS,
  ...INVOICE_INVARIANTS,
  ...PERIOD_INVARIANTS,
  ...HISTORY_INVARIANTS,
  ...LATE_INVARIANTS,
  ...GRANT_INVARIANTS,
  ...BALANCE_INVARIANTS,
  ...PAYMENT_INVARIANTS,
  ...REFERENCE_INVARIANTS,
  ...SAFEGUARD_INVARIANTS,
];
