import type { Decimal } from '../decimal.ts';
import type { Instant } from '../instant.ts';
import type { PricingModel } from '../plan.ts';

/** Usage of one charge between two cuts: `from <= timestamp < to`. `eventCount` has no event that was left out. */
export interface UsagePiece {
  readonly from: Instant;
  readonly to: Instant;
  readonly eventCount: number;
  /** The exact aggregate, which may be negative; 0 where no event counts. An average has at most 12 decimals. */
  readonly quantity: Decimal;
  /** Events left out because the property is missing or is no number in the limits; `unusable` counts only the latter. */
  readonly missingCount: number;
  readonly unusableCount: number;
}

/** A grant as one period sees it. */
export interface GrantView {
  readonly id: string;
  readonly effectiveAt: Instant;
  /** Exclusive; null: never ends. */
  readonly endsAt: Instant | null;
  readonly priority: number;
  /** null: every event name. */
  readonly eventNames: readonly string[] | null;
  /** null: every subscription of the customer. */
  readonly subscriptionId: string | null;
  readonly createdAt: Instant;
  /** What the grant holds plus what this period drew before: units that this rating may draw. */
  readonly available: Decimal;
}

/**
 * What a cut does to the flats, minimums and maximums of a period (billing rules 6). `by_time`: their part by seconds;
 * `whole`: all of them although the period was cut; `none`: no flats and no minimums, maximums whole.
 */
export type ProrationMode = 'by_time' | 'whole' | 'none';

export interface RatedPeriod {
  readonly number: number;
  readonly start: Instant;
  /** Exclusive; for an interim the trigger instant, for a cut period the cut. */
  readonly end: Instant;
  /** The uncut period that flats are prorated over; unless it is cut, a period ends with it. */
  readonly fullStart: Instant;
  readonly fullEnd: Instant;
  readonly proration: ProrationMode;
}

export interface TierAmount {
  readonly upTo: string | null;
  readonly quantity: Decimal;
  readonly unitAmount: string;
  readonly flatAmount: string;
  readonly amountUnrounded: Decimal;
}

export type LineKind = 'flat' | 'usage' | 'minimum' | 'late_usage' | 'proration';

/** A stretch of a period in which the same grants are in force, and what they gave. */
export interface CoveredStretch {
  readonly from: Instant;
  readonly to: Instant;
  /** Usage in it, in units. */
  readonly units: Decimal;
  /** In draw order. */
  readonly grantIds: readonly string[];
  readonly draws: readonly { readonly grantId: string; readonly quantity: Decimal }[];
}

/** What the model's price became of before it was rounded: which bounds applied to a usage charge. */
export interface LineBounds {
  /** The model's price, before the bounds. */
  readonly modelAmount: Decimal;
  /** The charge's minimum and maximum for this period, prorated and not rounded; null: none. */
  readonly minimum: Decimal | null;
  readonly maximum: Decimal | null;
}

export interface RatedLine {
  /** null for the plan's minimum. */
  readonly chargeId: string | null;
  readonly kind: LineKind;
  /** The period that the line bills: of an advance flat the next one, of late usage an earlier one. */
  readonly period: { readonly number: number; readonly start: Instant; readonly end: Instant };
  readonly description: string;
  readonly eventName: string | null;
  readonly pricingModel: PricingModel | null;
  readonly eventCount: number | null;
  /** For a credit charge all quantities are credits and `usageQuantity` the units; null on a flat. */
  readonly quantity: Decimal | null;
  readonly usageQuantity: Decimal | null;
  readonly creditedQuantity: Decimal | null;
  readonly billableQuantity: Decimal | null;
  /** Of the whole period so far. */
  readonly amountUnrounded: Decimal;
  /** Rounded cumulative amount minus what earlier live invoices of the period billed. */
  readonly amount: Decimal;
  readonly previouslyBilled: Decimal;
  readonly tiers: readonly TierAmount[];
  /** null on lines that are not of usage. */
  readonly bounds: LineBounds | null;
  /** Of a usage line, how credits covered it; of late usage only what came late. */
  readonly stretches: readonly CoveredStretch[];
}

/** Units drawn from one grant for one charge over the whole period (not the difference to earlier invoices). */
export interface Draw {
  readonly grantId: string;
  readonly chargeId: string;
  readonly quantity: Decimal;
}

export interface RatingIssue {
  readonly code: 'negative_usage' | 'unusable_value';
  readonly chargeId: string;
  readonly message: string;
}

/** What the invoices that count have billed for a period: the sum of the lines of one charge and kind. */
export interface SettledAmount {
  /** null: the plan's minimum. */
  readonly chargeId: string | null;
  readonly kind: LineKind;
  /** On a void invoice whose content nobody bills: settled, but not to be returned. */
  readonly waived: boolean;
  readonly amount: Decimal;
}

/** A period's own lines, with what they draw and what is to be reported. */
export interface RatedLines {
  readonly lines: readonly RatedLine[];
  readonly draws: readonly Draw[];
  readonly issues: readonly RatingIssue[];
}
