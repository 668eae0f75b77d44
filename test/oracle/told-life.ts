import type { RandomLife } from './random-lives.ts';

const usage = { event_name: 'call', filters: {}, minimum_amount: null, maximum_amount: null };
const count = { type: 'count' as const, property: null };

/** A life in which every kind of invoice and line comes up, so that none is left to chance. */
export const TOLD_LIFE: RandomLife = {
  timezone: 'America/New_York',
  currency: 'USD',
  delaySeconds: 3_600,
  taxes: [
    { percentage: '7.7', inclusive: false },
    { percentage: '0.333', inclusive: false },
  ],
  plans: [
    {
      billingPeriod: 'monthly',
      intervalCount: 1,
      minimumAmount: '95.005',
      charges: [
        { pricing_model: 'flat', amount: '30.01', bill_in: 'advance', charge_when: 'always' },
        { pricing_model: 'flat', amount: '5', bill_in: 'arrears', charge_when: 'used', event_name: 'token' },
        { ...usage, pricing_model: 'per_unit', unit_amount: '0.335', aggregation: { type: 'sum', property: 'n' } },
        {
          ...usage,
          pricing_model: 'graduated',
          aggregation: { type: 'max', property: 'n' },
          tiers: [
            { up_to: '5', unit_amount: '1', flat_amount: '0' },
            { up_to: null, unit_amount: '0.5', flat_amount: '2' },
          ],
        },
        {
          ...usage,
          pricing_model: 'volume',
          aggregation: { type: 'average', property: 'n' },
          tiers: [
            { up_to: '4', unit_amount: '2', flat_amount: '0' },
            { up_to: null, unit_amount: '1.5', flat_amount: '1' },
          ],
          minimum_amount: '3.333',
        },
        {
          ...usage,
          pricing_model: 'package',
          package_size: '2.5',
          package_amount: '1.5',
          free_units: '3',
          aggregation: { type: 'unique_count', property: 'n' },
          maximum_amount: '2.5',
        },
        { ...usage, pricing_model: 'credit', credits_per_unit: '0.333', unit_amount: '0.9', aggregation: count },
      ],
    },
  ],
  commands: [
    { kind: 'subscribe', plan: 0, start: 'begin', trial: null },
    {
      kind: 'grant',
      amount: 20,
      rollover: true,
      days: 20,
      from: 0,
      priority: 50,
      limit: 'call',
      subscription: null,
    },
    { kind: 'events', name: 'call', early: false, ticks: [1, 5, 9, 20, 90], properties: numbers(3, '2.5', 4, 8, 1) },
    { kind: 'events', name: 'token', early: false, ticks: [3] },
    { kind: 'advance', ticks: 24 },
    { kind: 'trigger', pick: 0 },
    { kind: 'void', pick: 0 },
    { kind: 'trigger', pick: 0 },
    // The first month closes; then an event of it comes late, and one of the second that takes some back.
    { kind: 'advance', ticks: 110 },
    { kind: 'events', name: 'call', early: false, ticks: [-80, -5, -4], properties: numbers(12, -3, 9) },
    { kind: 'advance', ticks: 125 },
    { kind: 'void', pick: 0, reissue: true },
    { kind: 'events', name: 'call', early: false, ticks: [0], properties: numbers(7) },
    { kind: 'advance', ticks: 20 },
    { kind: 'cancel', pick: 0, at: 'now' },
    { kind: 'advance', ticks: 4 },
    { kind: 'events', name: 'call', early: false, ticks: [-10], properties: numbers(40) },
    { kind: 'trigger', pick: 0 },
  ],
};

function numbers(...values: readonly unknown[]): object[] {
  return values.map((n) => ({ n }));
}
