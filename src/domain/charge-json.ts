import type { DecimalText } from './decimal.ts';
import type { Aggregation, BillIn, PricingModel, Tier, UsageCharge } from './plan.ts';

export interface TierJson {
  readonly up_to: string | null;
  readonly unit_amount: string;
  readonly flat_amount: string;
}

/** What the pricing models add to a charge; null where a field is not of the charge's model. */
interface ModelFields {
  readonly tiers: readonly TierJson[] | null;
  readonly amount: string | null;
  readonly unit_amount: string | null;
  readonly package_size: string | null;
  readonly package_amount: string | null;
  readonly free_units: string | null;
  readonly credits_per_unit: string | null;
  readonly bill_in: BillIn | null;
  readonly charge_when: 'always' | 'used' | null;
  readonly minimum_amount: string | null;
  readonly maximum_amount: string | null;
}

/** A charge as it is stored in a plan version and answered: every field present, decimals as plain text. */
export interface ChargeJson extends ModelFields {
  readonly id: string;
  readonly name: string | null;
  readonly event_name: string | null;
  readonly pricing_model: PricingModel;
  readonly aggregation: Aggregation | null;
  readonly filters: Readonly<Record<string, readonly string[]>>;
}

export const NO_MODEL_FIELDS: ModelFields = {
  tiers: null,
  amount: null,
  unit_amount: null,
  package_size: null,
  package_amount: null,
  free_units: null,
  credits_per_unit: null,
  bill_in: null,
  charge_when: null,
  minimum_amount: null,
  maximum_amount: null,
};

/** The fields that all usage charges share, and no model's own yet. */
export function meteredToJson(charge: UsageCharge): ChargeJson {
  return {
    id: charge.id,
    name: charge.name,
    event_name: charge.eventName,
    pricing_model: charge.pricingModel,
    aggregation: charge.aggregation,
    filters: charge.filters,
    ...NO_MODEL_FIELDS,
    minimum_amount: charge.minimumAmount,
    maximum_amount: charge.maximumAmount,
  };
}

/** A charge that was stored before there were minimums and maximums has none. */
export function meteredFromJson(
  json: ChargeJson,
): Pick<UsageCharge, 'id' | 'name' | 'eventName' | 'aggregation' | 'filters' | 'minimumAmount' | 'maximumAmount'> {
  return {
    id: json.id,
    name: json.name,
    eventName: present(json, 'event_name'),
    aggregation: present(json, 'aggregation'),
    filters: json.filters,
    minimumAmount: (json.minimum_amount ?? null) as DecimalText | null,
    maximumAmount: (json.maximum_amount ?? null) as DecimalText | null,
  };
}

export function tiersToJson(tiers: readonly Tier[]): TierJson[] {
  return tiers.map((tier) => ({ up_to: tier.upTo, unit_amount: tier.unitAmount, flat_amount: tier.flatAmount }));
}

export function tiersFromJson(json: ChargeJson): Tier[] {
  return present(json, 'tiers').map((tier) => ({
    upTo: tier.up_to as DecimalText | null,
    unitAmount: tier.unit_amount as DecimalText,
    flatAmount: tier.flat_amount as DecimalText,
  }));
}

/** A field that the charge's model has; throws a RangeError when it is null, for then the stored charge is damaged. */
export function present<Field extends keyof ChargeJson>(
  json: ChargeJson,
  field: Field,
): NonNullable<ChargeJson[Field]> {
  const value = json[field];
  if (value === null || value === undefined) throw new RangeError(`charge ${json.id} has no ${field}`);
  return value;
}

type DecimalField = Exclude<keyof ModelFields, 'tiers' | 'bill_in' | 'charge_when'>;

export function decimalField(json: ChargeJson, field: DecimalField): DecimalText {
  return present(json, field) as DecimalText;
}
