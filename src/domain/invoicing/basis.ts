import type { Decimal } from '../decimal.ts';
import type { PlanVersion } from '../plan.ts';
import type { Draw, GrantView, RatedPeriod, SettledAmount } from '../rating/model.ts';
import type { UsageByCharge } from '../rating/period-usage.ts';
import type { SeqRanges } from '../rating/seq-ranges.ts';
import type { TaxRateTerms } from './tax.ts';

export type InvoiceKind = 'opening' | 'interim' | 'closing' | 'late';

/** One period as an invoice bills it. */
export interface PeriodBasis {
  readonly period: RatedPeriod;
  /** The version that the period is rated on. */
  readonly plan: PlanVersion;
  /** What the invoices that count have billed for it. */
  readonly settled: readonly SettledAmount[];
  /** What it has drawn from grants: of the invoice's own period at all, of an earlier one by invoices that count. */
  readonly draws: readonly Draw[];
}

/**
 * Everything that an invoice is computed from besides events: with it and the stored events the same invoice comes out
 * at any time. It is stored with the invoice when that becomes final.
 */
export interface InvoiceBasis {
  readonly kind: InvoiceKind;
  readonly currency: string;
  readonly subscriptionId: string;
  /** null on a late invoice, which bills nothing of its own. */
  readonly own: PeriodBasis | null;
  /** The period that follows and whose advance flats this invoice bills. */
  readonly next: PeriodBasis | null;
  /** Closed periods with events that came after their invoices, in their order. */
  readonly late: readonly PeriodBasis[];
  /** Events that count for the invoice's own period, and for earlier ones; null: all that are stored. */
  readonly counted: SeqRanges | null;
  /** Those of them that no invoice has counted for the earlier periods. */
  readonly lateSeqs: SeqRanges;
  /** Of the customer, in no order; `available` is what each holds. */
  readonly grants: readonly GrantView[];
  /** None when the customer is exempt. */
  readonly taxRates: readonly TaxRateTerms[];
  /** What the customer has in money before this invoice, ≥ 0. */
  readonly balance: Decimal;
}

/** What the events come to: of the invoice's own period, and of each late one with and without its late events. */
export interface InvoiceUsage {
  readonly own: UsageByCharge;
  readonly late: readonly { readonly all: UsageByCharge; readonly before: UsageByCharge }[];
}
