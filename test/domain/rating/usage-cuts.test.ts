import { describe, expect, test } from '@jest/globals';
import type { GrantView } from '../../../src/domain/rating/model.ts';
import { usageCuts } from '../../../src/domain/rating/usage-cuts.ts';
import { perUnitCharge } from '../pricing/charges.ts';
import { day, grant, month } from './rate.ts';

const cut = (grants: readonly GrantView[], period = month()) =>
  usageCuts({ charge: perUnitCharge('1', { eventName: 'call' }), grants, period, subscriptionId: 'sub_1' });

describe('usage is read in pieces', () => {
  test('of the whole period when no grant changes in it', () => {
    expect(cut([])).toEqual([day(0), day(30)]);
    expect(cut([grant('g', '1')])).toEqual([day(0), day(30)]);
    expect(cut([grant('g', '1', { effectiveAt: day(0), endsAt: day(30) })])).toEqual([day(0), day(30)]);
  });

  test('cut where grants start and end, ascending and once each', () => {
    const grants = [
      grant('a', '1', { effectiveAt: day(20), endsAt: day(25) }),
      grant('b', '1', { effectiveAt: day(5), endsAt: day(20) }),
      grant('c', '1', { effectiveAt: day(-5), endsAt: day(40) }),
    ];
    expect(cut(grants)).toEqual([day(0), day(5), day(20), day(25), day(30)]);
  });

  test('not cut by the end of a grant that never ends, in a period around 1970 either', () => {
    expect(cut([grant('g', '1')], month(-10, 10))).toEqual([day(-10), day(10)]);
  });

  test('not cut by grants that can’t cover the charge', () => {
    const grants = [
      grant('a', '1', { effectiveAt: day(5), eventNames: ['token'] }),
      grant('b', '1', { effectiveAt: day(6), subscriptionId: 'sub_2' }),
    ];
    expect(cut(grants)).toEqual([day(0), day(30)]);
  });

  test('cut by grants limited to this very event name and subscription', () => {
    const grants = [
      grant('a', '1', { effectiveAt: day(5), eventNames: ['token', 'call'] }),
      grant('b', '1', { effectiveAt: day(6), subscriptionId: 'sub_1' }),
    ];
    expect(cut(grants)).toEqual([day(0), day(5), day(6), day(30)]);
  });

  test('one, without length, of a period that ended when it began', () => {
    expect(cut([grant('g', '1', { effectiveAt: day(0) })], month(0, 0))).toEqual([day(0), day(0)]);
  });
});
