import { decimal, type DecimalText } from '../../../src/domain/decimal.ts';
import type {
  CreditCharge,
  FlatCharge,
  GraduatedCharge,
  PackageCharge,
  PerUnitCharge,
  Tier,
  VolumeCharge,
} from '../../../src/domain/plan.ts';

/** Decimal text written in a test; must be plain notation. */
export function text(plain: string): DecimalText {
  decimal(plain);
  return plain as DecimalText;
}

const METERED = {
  name: null,
  eventName: 'api_call',
  aggregation: { type: 'count', property: null },
  filters: {},
  minimumAmount: null,
  maximumAmount: null,
} as const;

export function flatCharge(amount: string, rest: Partial<FlatCharge> = {}): FlatCharge {
  return {
    id: 'chg_flat',
    name: null,
    pricingModel: 'flat',
    amount: text(amount),
    billIn: 'arrears',
    chargeWhen: 'always',
    eventName: null,
    filters: {},
    ...rest,
  };
}

export function perUnitCharge(unitAmount: string, rest: Partial<PerUnitCharge> = {}): PerUnitCharge {
  return { id: 'chg_per_unit', ...METERED, pricingModel: 'per_unit', unitAmount: text(unitAmount), ...rest };
}

/** up_to (null: open), unit amount and, where not 0, flat amount. */
export type TierRow = readonly [upTo: string | null, unitAmount: string, flatAmount?: string];

export function tiersOf(rows: readonly TierRow[]): Tier[] {
  return rows.map(([upTo, unitAmount, flatAmount = '0']) => ({
    upTo: upTo === null ? null : text(upTo),
    unitAmount: text(unitAmount),
    flatAmount: text(flatAmount),
  }));
}

export function graduatedCharge(rows: readonly TierRow[], rest: Partial<GraduatedCharge> = {}): GraduatedCharge {
  return { id: 'chg_graduated', ...METERED, pricingModel: 'graduated', tiers: tiersOf(rows), ...rest };
}

export function volumeCharge(rows: readonly TierRow[], rest: Partial<VolumeCharge> = {}): VolumeCharge {
  return { id: 'chg_volume', ...METERED, pricingModel: 'volume', tiers: tiersOf(rows), ...rest };
}

export function packageCharge(
  terms: { readonly size: string; readonly amount: string; readonly free?: string },
  rest: Partial<PackageCharge> = {},
): PackageCharge {
  return {
    id: 'chg_package',
    ...METERED,
    pricingModel: 'package',
    packageSize: text(terms.size),
    packageAmount: text(terms.amount),
    freeUnits: text(terms.free ?? '0'),
    ...rest,
  };
}

export function creditCharge(
  terms: { readonly perUnit?: string; readonly unitAmount: string },
  rest: Partial<CreditCharge> = {},
): CreditCharge {
  return {
    id: 'chg_credit',
    ...METERED,
    pricingModel: 'credit',
    creditsPerUnit: text(terms.perUnit ?? '1'),
    unitAmount: text(terms.unitAmount),
    ...rest,
  };
}
