import { decimal, decimalText } from '../decimal.ts';
import { formatInstant, type Instant, parseInstant } from '../instant.ts';
import type { PlanVersion } from '../plan.ts';
import type { Draw, GrantView, LineKind, ProrationMode, RatedPeriod, SettledAmount } from '../rating/model.ts';
import { parseSeqRanges, seqRangesText } from '../rating/seq-ranges.ts';
import type { InvoiceBasis, InvoiceKind, PeriodBasis } from './basis.ts';
import type { TaxRateTerms } from './tax.ts';

/** A basis as it is stored with its invoice: decimals and instants as text, plan versions by their keys. */
export interface BasisJson {
  readonly v: 1;
  readonly kind: InvoiceKind;
  readonly currency: string;
  readonly subscription_id: string;
  readonly own: PeriodJson | null;
  readonly next: PeriodJson | null;
  readonly late: readonly PeriodJson[];
  readonly counted: string | null;
  readonly late_seqs: string;
  readonly grants: readonly GrantJson[];
  readonly tax_rates: readonly TaxRateTerms[];
  readonly balance: string;
}

interface SettledJson {
  readonly charge_id: string | null;
  readonly kind: LineKind;
  readonly waived: boolean;
  readonly amount: string;
}

interface PeriodJson {
  readonly number: number;
  readonly start: string;
  readonly end: string;
  readonly full_start: string;
  readonly full_end: string;
  readonly proration: ProrationMode;
  readonly plan_id: string;
  readonly plan_version: number;
  readonly settled: readonly SettledJson[];
  readonly draws: readonly { readonly grant_id: string; readonly charge_id: string; readonly quantity: string }[];
}

interface GrantJson {
  readonly id: string;
  readonly effective_at: string;
  readonly ends_at: string | null;
  readonly priority: number;
  readonly event_names: readonly string[] | null;
  readonly subscription_id: string | null;
  readonly created_at: string;
  readonly available: string;
}

export function basisToJson(basis: InvoiceBasis): BasisJson {
  return {
    v: 1,
    kind: basis.kind,
    currency: basis.currency,
    subscription_id: basis.subscriptionId,
    own: basis.own === null ? null : periodToJson(basis.own),
    next: basis.next === null ? null : periodToJson(basis.next),
    late: basis.late.map(periodToJson),
    counted: basis.counted === null ? null : seqRangesText(basis.counted),
    late_seqs: seqRangesText(basis.lateSeqs),
    grants: basis.grants.map(grantToJson),
    tax_rates: basis.taxRates,
    balance: decimalText(basis.balance),
  };
}

/** How the plan versions that a basis names are found; each is asked for before it is decoded. */
export type PlanLookup = (planId: string, version: number) => PlanVersion;

/** Reads what `basisToJson` wrote. */
export function basisFromJson(json: BasisJson, planOf: PlanLookup): InvoiceBasis {
  const period = (each: PeriodJson) => periodFromJson(each, planOf);
  return {
    kind: json.kind,
    currency: json.currency,
    subscriptionId: json.subscription_id,
    own: json.own === null ? null : period(json.own),
    next: json.next === null ? null : period(json.next),
    late: json.late.map(period),
    counted: json.counted === null ? null : parseSeqRanges(json.counted),
    lateSeqs: parseSeqRanges(json.late_seqs),
    grants: json.grants.map(grantFromJson),
    taxRates: json.tax_rates,
    balance: decimal(json.balance),
  };
}

/** The plan versions that a stored basis names. */
export function plansOf(json: BasisJson): { readonly planId: string; readonly planVersion: number }[] {
  return [json.own, json.next, ...json.late].flatMap((period) =>
    period === null ? [] : [{ planId: period.plan_id, planVersion: period.plan_version }],
  );
}

function periodToJson({ period, plan, settled, draws }: PeriodBasis): PeriodJson {
  return {
    number: period.number,
    start: formatInstant(period.start),
    end: formatInstant(period.end),
    full_start: formatInstant(period.fullStart),
    full_end: formatInstant(period.fullEnd),
    proration: period.proration,
    plan_id: plan.planId,
    plan_version: plan.version,
    settled: settled.map(({ chargeId, kind, waived, amount }) => {
      return { charge_id: chargeId, kind, waived, amount: decimalText(amount) };
    }),
    draws: draws.map(({ grantId, chargeId, quantity }) => ({
      grant_id: grantId,
      charge_id: chargeId,
      quantity: decimalText(quantity),
    })),
  };
}

function periodFromJson(json: PeriodJson, planOf: PlanLookup): PeriodBasis {
  const period: RatedPeriod = {
    number: json.number,
    start: instant(json.start),
    end: instant(json.end),
    fullStart: instant(json.full_start),
    fullEnd: instant(json.full_end),
    proration: json.proration,
  };
  const settled = json.settled.map((each): SettledAmount => {
    return { chargeId: each.charge_id, kind: each.kind, waived: each.waived, amount: decimal(each.amount) };
  });
  const draws = json.draws.map((each): Draw => {
    return { grantId: each.grant_id, chargeId: each.charge_id, quantity: decimal(each.quantity) };
  });
  return { period, plan: planOf(json.plan_id, json.plan_version), settled, draws };
}

function grantToJson(grant: GrantView): GrantJson {
  return {
    id: grant.id,
    effective_at: formatInstant(grant.effectiveAt),
    ends_at: formatInstant(grant.endsAt),
    priority: grant.priority,
    event_names: grant.eventNames,
    subscription_id: grant.subscriptionId,
    created_at: formatInstant(grant.createdAt),
    available: decimalText(grant.available),
  };
}

function grantFromJson(json: GrantJson): GrantView {
  return {
    id: json.id,
    effectiveAt: instant(json.effective_at),
    endsAt: json.ends_at === null ? null : instant(json.ends_at),
    priority: json.priority,
    eventNames: json.event_names,
    subscriptionId: json.subscription_id,
    createdAt: instant(json.created_at),
    available: decimal(json.available),
  };
}

function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (parsed === null) throw new RangeError(`not an instant: ${text}`);
  return parsed;
}
