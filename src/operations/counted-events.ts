import type { Instant } from '../domain/instant.ts';
import { isUsageCharge, type Charge } from '../domain/plan.ts';
import { needsNumber } from '../domain/rating/aggregation.ts';
import { prefix, seqRangesText } from '../domain/rating/seq-ranges.ts';
import { type CountedEvents, countedEventsText } from '../storage/counted-events.ts';
import type { Queryable, Tenant } from '../storage/database.ts';
import { selectInvoiceLine } from '../storage/invoice-lines.ts';
import { selectInvoice } from '../storage/invoices.ts';
import { selectPeriodsByNumber } from '../storage/periods.ts';
import { planVersionOf } from './billing/plan-of-period.ts';

/** What the charge counts of the events up to an invoice's cut-off (null: of all that are stored). */
export function countedBy(charge: Charge, cutoffSeq: bigint | null): CountedEvents {
  const aggregation = isUsageCharge(charge) ? charge.aggregation : null;
  return {
    seqs: cutoffSeq === null ? null : seqRangesText(prefix(cutoffSeq)),
    filters: charge.filters,
    property: aggregation?.property ?? null,
    needsNumber: aggregation !== null && needsNumber(aggregation),
  };
}

/** The events that a line counts, as a filter of a list of events. */
export interface LineEvents {
  readonly customerId: string;
  readonly eventName: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly counted: string;
}

/** null for a line that counts no events, and where there is no such line. */
export async function eventsOfLine(db: Queryable, tenant: Tenant, lineId: string): Promise<LineEvents | null> {
  const line = await selectInvoiceLine(db, tenant, lineId);
  const invoice = line === null ? null : await selectInvoice(db, tenant, line.invoiceId);
  if (line === null || invoice === null) return null;
  const { subscriptionId } = invoice;
  const [period] = await selectPeriodsByNumber(db, { tenant, subscriptionId, numbers: [line.periodNumber] });
  if (period === undefined) return null;
  const { charges } = await planVersionOf(db, tenant, period);
  const charge = charges.find(({ id }) => id === line.chargeId);
  if (charge === undefined || charge.eventName === null || line.eventCount === null) return null;
  return {
    customerId: invoice.customerExternalId,
    eventName: charge.eventName,
    from: line.periodStart,
    to: line.periodEnd,
    counted: countedEventsText(countedBy(charge, invoice.usageCutoffSeq)),
  };
}
