import { expect, test } from '@jest/globals';
import { decimal, type DecimalText } from '../../../src/domain/decimal.ts';
import type { InvoiceBasis, PeriodBasis } from '../../../src/domain/invoicing/basis.ts';
import { basisFromJson, type BasisJson, basisToJson, plansOf } from '../../../src/domain/invoicing/basis-json.ts';
import type { PlanVersion } from '../../../src/domain/plan.ts';
import { perUnitCharge } from '../pricing/charges.ts';
import { day, grant, month, shown } from '../rating/rate.ts';

function planOf(planId: string, version: number): PlanVersion {
  return {
    planId,
    planName: 'Plan',
    version,
    currency: 'USD',
    billingPeriod: 'monthly',
    intervalCount: 1,
    charges: [perUnitCharge('1')],
    minimumAmount: null,
  };
}

function periodBasis(number: number, planId: string, rest: Partial<PeriodBasis> = {}): PeriodBasis {
  const period = { ...month(1, 20), number, proration: 'whole' } as const;
  return { period, plan: planOf(planId, number), settled: [], draws: [], ...rest };
}

const FULL: InvoiceBasis = {
  kind: 'closing',
  currency: 'USD',
  subscriptionId: 'sub_1',
  own: periodBasis(5, 'plan_own', {
    settled: [
      { chargeId: 'calls', kind: 'usage', waived: false, amount: decimal('-0.5') },
      { chargeId: null, kind: 'minimum', waived: true, amount: decimal('12.34') },
    ],
    draws: [{ grantId: 'cg_1', chargeId: 'calls', quantity: decimal('0.000000000000000000000000000001') }],
  }),
  next: periodBasis(6, 'plan_next'),
  late: [periodBasis(3, 'plan_late'), periodBasis(4, 'plan_late')],
  counted: [
    { after: null, upTo: 5n },
    { after: 7n, upTo: 9n },
  ],
  lateSeqs: [{ after: 7n, upTo: null }],
  grants: [
    grant('cg_1', '99999999999999999999.5', {
      effectiveAt: day(2),
      endsAt: day(9),
      priority: 10,
      eventNames: ['call'],
      subscriptionId: 'sub_1',
      createdAt: day(1),
    }),
    grant('cg_2', '0'),
  ],
  taxRates: [{ id: 'txr', name: 'VAT', percentage: '7.7' as DecimalText, inclusive: true }],
  balance: decimal('0.1'),
};

const EMPTY: InvoiceBasis = {
  ...FULL,
  kind: 'late',
  own: null,
  next: null,
  late: [],
  counted: null,
  lateSeqs: [],
  grants: [],
  taxRates: [],
  balance: decimal('0'),
};

const stored = (basis: InvoiceBasis): BasisJson => JSON.parse(JSON.stringify(basisToJson(basis)));

test.each([
  ['with everything', FULL],
  ['with nothing', EMPTY],
])('a basis %s comes back from storage as it was', (_, basis) => {
  expect(shown(basisFromJson(stored(basis), planOf))).toBe(shown(basis));
});

test('a basis is stored with a version, decimals and instants as text, plan versions by their keys', () => {
  const { own, grants, ...rest } = stored(FULL);
  expect(own).toEqual({
    number: 5,
    start: '1970-01-02T00:00:00Z',
    end: '1970-01-21T00:00:00Z',
    full_start: '1970-01-01T00:00:00Z',
    full_end: '1970-01-31T00:00:00Z',
    proration: 'whole',
    plan_id: 'plan_own',
    plan_version: 5,
    settled: [
      { charge_id: 'calls', kind: 'usage', waived: false, amount: '-0.5' },
      { charge_id: null, kind: 'minimum', waived: true, amount: '12.34' },
    ],
    draws: [{ grant_id: 'cg_1', charge_id: 'calls', quantity: '0.000000000000000000000000000001' }],
  });
  expect(grants[1]).toEqual({
    id: 'cg_2',
    effective_at: '1969-09-23T00:00:00Z',
    ends_at: null,
    priority: 50,
    event_names: null,
    subscription_id: null,
    created_at: '1969-09-23T00:00:00Z',
    available: '0',
  });
  expect(rest).toMatchObject({
    v: 1,
    kind: 'closing',
    currency: 'USD',
    subscription_id: 'sub_1',
    counted: '{(,5],(7,9]}',
    late_seqs: '{(7,)}',
    tax_rates: [{ id: 'txr', name: 'VAT', percentage: '7.7', inclusive: true }],
    balance: '0.1',
  });
});

test('the plan versions that a basis names are asked for before it is decoded', () => {
  expect(plansOf(stored(FULL))).toEqual([
    { planId: 'plan_own', planVersion: 5 },
    { planId: 'plan_next', planVersion: 6 },
    { planId: 'plan_late', planVersion: 3 },
    { planId: 'plan_late', planVersion: 4 },
  ]);
  expect(plansOf(stored(EMPTY))).toEqual([]);
});

test('a stored instant that is none is a defect', () => {
  const json = stored(FULL);
  const damaged = { ...json, next: json.next && { ...json.next, start: 'soon' } };
  expect(() => basisFromJson(damaged, planOf)).toThrow(RangeError);
});
