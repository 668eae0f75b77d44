import type { DecimalText } from './decimal.ts';

export const PRICING_MODELS = ['flat', 'per_unit', 'graduated', 'volume', 'package', 'credit'] as const;
export type PricingModel = (typeof PRICING_MODELS)[number];

export const BILLING_PERIODS = ['daily', 'weekly', 'monthly', 'quarterly', 'yearly'] as const;
export type BillingPeriod = (typeof BILLING_PERIODS)[number];

export const AGGREGATION_TYPES = ['count', 'sum', 'max', 'latest', 'unique_count', 'average'] as const;
export type AggregationType = (typeof AGGREGATION_TYPES)[number];

/** How the events of a charge become one quantity (billing rules 3). */
export type Aggregation =
  | { readonly type: 'count'; readonly property: null }
  | { readonly type: Exclude<AggregationType, 'count'>; readonly property: string };

export const BILL_IN = ['arrears', 'advance'] as const;
export type BillIn = (typeof BILL_IN)[number];

/** Prices everything up to and including `upTo`; the last tier has `upTo: null`. Money is exact decimal text. */
export interface Tier {
  readonly upTo: DecimalText | null;
  readonly unitAmount: DecimalText;
  readonly flatAmount: DecimalText;
}

interface ChargeBase {
  readonly id: string;
  readonly name: string | null;
}

/** What every charge that counts events has. */
interface Metered {
  readonly eventName: string;
  readonly aggregation: Aggregation;
  /** Property name → accepted canonical texts; all must pass. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** A period costs at least and at most that, after credits, also without usage; null: no bound. */
  readonly minimumAmount: DecimalText | null;
  readonly maximumAmount: DecimalText | null;
}

export interface FlatCharge extends ChargeBase {
  readonly pricingModel: 'flat';
  readonly amount: DecimalText;
  /** `advance`: billed when its period opens. */
  readonly billIn: BillIn;
  /** `used`: only when at least one event with `eventName` passed the filters. */
  readonly chargeWhen: 'always' | 'used';
  readonly eventName: string | null;
  readonly filters: Readonly<Record<string, readonly string[]>>;
}
export interface PerUnitCharge extends ChargeBase, Metered {
  readonly pricingModel: 'per_unit';
  readonly unitAmount: DecimalText;
}
interface Tiered extends ChargeBase, Metered {
  readonly tiers: readonly Tier[];
}
export interface GraduatedCharge extends Tiered {
  readonly pricingModel: 'graduated';
}
export interface VolumeCharge extends Tiered {
  readonly pricingModel: 'volume';
}
export interface PackageCharge extends ChargeBase, Metered {
  readonly pricingModel: 'package';
  readonly packageSize: DecimalText;
  readonly packageAmount: DecimalText;
  readonly freeUnits: DecimalText;
}
export interface CreditCharge extends ChargeBase, Metered {
  readonly pricingModel: 'credit';
  readonly creditsPerUnit: DecimalText;
  readonly unitAmount: DecimalText;
}

export type TieredCharge = GraduatedCharge | VolumeCharge;
export type UsageCharge = PerUnitCharge | TieredCharge | PackageCharge | CreditCharge;
export type Charge = FlatCharge | UsageCharge;
export type ChargeOf<Model extends PricingModel> = Extract<Charge, { readonly pricingModel: Model }>;

export function isUsageCharge(charge: Charge): charge is UsageCharge {
  return charge.pricingModel !== 'flat';
}

/** One immutable version of a plan: what a period is rated on. */
export interface PlanVersion {
  readonly planId: string;
  readonly planName: string;
  readonly version: number;
  readonly currency: string;
  readonly billingPeriod: BillingPeriod;
  readonly intervalCount: number;
  readonly charges: readonly Charge[];
  /** What all lines of a period come to at least, in the plan's currency; null: no minimum. */
  readonly minimumAmount: DecimalText | null;
}
