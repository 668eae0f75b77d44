import type { Instant } from '../domain/instant.ts';
import { type BillingCustomer, selectDatabaseTime } from '../storage/billing-customers.ts';
import type { Queryable } from '../storage/database.ts';

/**
 * The instant that counts as now for a customer: its test clock's time, else the database's clock. No clock of an
 * API or worker machine decides anything.
 */
export async function businessNow(db: Queryable, customer: Pick<BillingCustomer, 'clockFrozenAt'>): Promise<Instant> {
  return customer.clockFrozenAt ?? selectDatabaseTime(db);
}

/** The start of the instant's second: a start of "now" covers the events of the same second (billing rules 6). */
export function startOfSecond(instant: Instant): Instant {
  return ((instant / 1_000_000n) * 1_000_000n) as Instant;
}
