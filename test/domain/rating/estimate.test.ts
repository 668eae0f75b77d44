import { describe, expect, test } from '@jest/globals';
import { decimal, decimalText } from '../../../src/domain/decimal.ts';
import type { Charge } from '../../../src/domain/plan.ts';
import { estimateLines } from '../../../src/domain/rating/estimate.ts';
import { creditCharge, flatCharge, graduatedCharge, perUnitCharge, text } from '../pricing/charges.ts';
import { rate, shown } from './rate.ts';

const BASE = flatCharge('10', { id: 'chg_base' });
const CALLS = graduatedCharge(
  [
    ['1000', '0.01'],
    [null, '0.005', '5'],
  ],
  { id: 'chg_calls', eventName: 'call' },
);
const TOKENS = perUnitCharge('0.0001', {
  id: 'chg_tokens',
  eventName: 'call',
  aggregation: { type: 'sum', property: 'tokens' },
});

function estimate(charges: readonly Charge[], usage: Record<string, string>, minimumAmount: string | null = null) {
  const quantities = new Map(Object.entries(usage).map(([name, quantity]) => [name, decimal(quantity)]));
  return estimateLines({
    plan: { currency: 'USD', charges, minimumAmount: minimumAmount === null ? null : text(minimumAmount) },
    usage: quantities,
  });
}

function amountsOf(charges: readonly Charge[], usage: Record<string, string>) {
  return estimate(charges, usage).lines?.map((line) => [line.chargeId, decimalText(line.amount)]);
}

describe('an estimate', () => {
  test('gives an event name’s quantity to each charge that counts it', () => {
    expect(amountsOf([BASE, CALLS, TOKENS], { call: '1500' })).toEqual([
      ['chg_base', '10'],
      ['chg_calls', '17.5'],
      ['chg_tokens', '0.15'],
    ]);
  });

  test('gives a charge the quantity of its id before that of its event name', () => {
    expect(amountsOf([CALLS, TOKENS], { call: '1500', chg_tokens: '20000' })).toEqual([
      ['chg_calls', '17.5'],
      ['chg_tokens', '2'],
    ]);
  });

  test('has lines for charges that were given no quantity', () => {
    expect(amountsOf([BASE, CALLS], {})).toEqual([
      ['chg_base', '10'],
      ['chg_calls', '0'],
    ]);
    expect(estimate([BASE, CALLS], {}).subtotal?.toFixed()).toBe('10');
  });

  test('counts a flat that is charged when used only with usage', () => {
    const used = flatCharge('5', { id: 'chg_used', eventName: 'login', chargeWhen: 'used' });
    expect(amountsOf([used], {})).toEqual([]);
    expect(amountsOf([used], { login: '0' })).toEqual([]);
    expect(amountsOf([used], { login: '1' })).toEqual([['chg_used', '5']]);
    expect(amountsOf([used], { chg_used: '1' })).toEqual([['chg_used', '5']]);
  });

  test('has the lines of an invoice, events aside', () => {
    const charges = [
      BASE,
      CALLS,
      creditCharge({ perUnit: '3', unitAmount: '0.015' }, { id: 'chg_credit', eventName: 'job' }),
    ];
    const invoice = rate({ charges, usage: { chg_calls: '1500', chg_credit: '7' } });
    const estimated = estimate(charges, { call: '1500', job: '7' }).lines ?? [];
    const lines = (given: typeof estimated) =>
      shown(given.map((line) => ({ ...line, eventCount: null, period: null, stretches: [] })));
    expect(lines(estimated)).toBe(lines(invoice.lines));
  });

  test('has flats in advance, minimums and maximums of charges, and the minimum of the plan', () => {
    const charges = [
      { ...BASE, billIn: 'advance' },
      { ...CALLS, minimumAmount: text('3') },
      { ...TOKENS, maximumAmount: text('4') },
    ] as const;
    const { lines, subtotal } = estimate(charges, { chg_tokens: '1000000' }, '20');
    expect(lines?.map(({ kind, amount }) => [kind, decimalText(amount)])).toEqual([
      ['flat', '10'],
      ['usage', '3'],
      ['usage', '4'],
      ['minimum', '3'],
    ]);
    expect(subtotal?.toFixed()).toBe('20');
    expect(estimate(charges, {}, '13').lines).toHaveLength(3);
  });

  test('of more than 60 integer digits is told as one that can’t be billed', () => {
    const calls = perUnitCharge('1', { id: 'chg_calls', eventName: 'call' });
    const attempt = () => estimate([BASE, calls], { call: '9'.repeat(60) });
    expect(attempt).toThrow(expect.objectContaining({ name: 'UnrateableError', code: 'amount_too_large' }));
  });

  test('names every quantity that no charge has or that is below 0', () => {
    expect(estimate([BASE, CALLS], { calls: '1', chg_calls: '-1', chg_base: '1' }).faults).toEqual([
      {
        param: 'usage.calls',
        code: 'unknown_name',
        message: 'usage.calls is neither the event name nor the id of a charge of this plan.',
      },
      { param: 'usage.chg_calls', code: 'too_small', message: 'usage.chg_calls must not be negative.' },
    ]);
  });
});
