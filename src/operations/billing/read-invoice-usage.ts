import type { InvoiceBasis, InvoiceUsage, PeriodBasis } from '../../domain/invoicing/basis.ts';
import { isUsageCharge } from '../../domain/plan.ts';
import { minus, type SeqRanges } from '../../domain/rating/seq-ranges.ts';
import type { UsageByCharge } from '../../domain/rating/period-usage.ts';
import { usageCuts } from '../../domain/rating/usage-cuts.ts';
import type { Queryable, Tenant } from '../../storage/database.ts';
import { readUsage, type UsageQuery } from '../../storage/usage.ts';

const EVERY_EVENT: SeqRanges = [{ after: null, upTo: null }];

interface Buyer {
  readonly tenant: Tenant;
  /** As events name the customer. */
  readonly customerRef: string;
}

/** Reads the events that a basis counts, cut where its grants start and end. */
export async function readInvoiceUsage(db: Queryable, buyer: Buyer, basis: InvoiceBasis): Promise<InvoiceUsage> {
  const reads = (period: PeriodBasis, counted: SeqRanges | null) => usageOf(db, { buyer, basis, period, counted });
  const isUsed = basis.own !== null && basis.kind !== 'opening';
  const late: InvoiceUsage['late'][number][] = [];
  for (const period of basis.late) {
    const before = minus(basis.counted ?? EVERY_EVENT, basis.lateSeqs);
    late.push({ all: await reads(period, basis.counted), before: await reads(period, before) });
  }
  return { own: isUsed && basis.own !== null ? await reads(basis.own, basis.counted) : new Map(), late };
}

async function usageOf(
  db: Queryable,
  read: {
    readonly buyer: Buyer;
    readonly basis: InvoiceBasis;
    readonly period: PeriodBasis;
    readonly counted: SeqRanges | null;
  },
): Promise<UsageByCharge> {
  const { buyer, basis, counted } = read;
  const { plan, period } = read.period;
  const queries = plan.charges.flatMap((charge): UsageQuery[] => {
    if (charge.eventName === null) return [];
    const { id, eventName, filters } = charge;
    if (!isUsageCharge(charge)) {
      return [{ chargeId: id, eventName, aggregation: null, filters, cuts: [period.start, period.end] }];
    }
    const cuts = usageCuts({ charge, grants: basis.grants, period, subscriptionId: basis.subscriptionId });
    return [{ chargeId: id, eventName, aggregation: charge.aggregation, filters, cuts }];
  });
  return readUsage(db, { ...buyer, counted }, queries);
}
