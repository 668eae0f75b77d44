import { describe, expect, test } from '@jest/globals';
import {
  canCover,
  type CoverablePeriod,
  endOfGrant,
  expiryOf,
  type GrantTerms,
  lapses,
} from '../../../src/domain/credits/grant-end.ts';
import { type Instant, instantFromMicros } from '../../../src/domain/instant.ts';
import type { Charge } from '../../../src/domain/plan.ts';
import { flatCharge, perUnitCharge } from '../pricing/charges.ts';

const DAY = 86_400_000_000n;
const day = (number: number): Instant => instantFromMicros(BigInt(number) * DAY);
const justBefore = (instant: Instant): Instant => instantFromMicros(instant - 1n);

const CALLS = perUnitCharge('1', { eventName: 'call' });
const TOKENS = perUnitCharge('1', { eventName: 'token' });

function grant(rest: Partial<GrantTerms> = {}): GrantTerms {
  return { effectiveAt: day(5), expiresAt: null, rollover: false, eventNames: null, subscriptionId: null, ...rest };
}

function period(from: Instant, to: Instant, rest: Partial<CoverablePeriod> = {}): CoverablePeriod {
  return { subscriptionId: 'sub_1', charges: [CALLS], startAt: from, endAt: to, ...rest };
}

const byPeriod = (endsAt: Instant) => ({ endsAt, endsBy: 'period' });
const byExpiry = (endsAt: Instant) => ({ endsAt, endsBy: 'expiry' });

test('days until expiry are 24 hours each; without them a grant does not expire', () => {
  expect(expiryOf(day(2), 3)).toBe(day(5));
  expect(expiryOf(day(2), 0)).toBe(day(2));
  expect(expiryOf(day(2), null)).toBeNull();
});

describe('a grant can cover a subscription', () => {
  const covers = (terms: Partial<GrantTerms>, charges: readonly Charge[]) => canCover(grant(terms), 'sub_1', charges);

  test.each<[string, Partial<GrantTerms>, readonly Charge[], boolean]>([
    ['any usage for a grant without limits', {}, [CALLS], true],
    ['no usage charge at all', {}, [flatCharge('1')], false],
    ['a flat that is charged when used draws nothing', {}, [flatCharge('1', { eventName: 'call' })], false],
    ['one of several charges is enough', {}, [flatCharge('1'), CALLS], true],
    ['an event name of the grant is charged', { eventNames: ['job', 'call'] }, [TOKENS, CALLS], true],
    ['none of its event names is charged', { eventNames: ['job'] }, [TOKENS, CALLS], false],
    ['its own subscription', { subscriptionId: 'sub_1' }, [CALLS], true],
    ['another subscription', { subscriptionId: 'sub_2' }, [CALLS], false],
  ])('%s', (_, terms, charges, expected) => {
    expect(covers(terms, charges)).toBe(expected);
  });
});

describe('a grant with rollover', () => {
  test('ends at its expiry or never, whatever periods there are', () => {
    const periods = [period(day(0), day(10))];
    expect(endOfGrant(grant({ rollover: true, expiresAt: day(40) }), periods, periods)).toEqual(byExpiry(day(40)));
    expect(endOfGrant(grant({ rollover: true }), periods, periods)).toBeNull();
  });
});

describe('a grant without rollover', () => {
  const ends = (periods: readonly CoverablePeriod[], terms: Partial<GrantTerms> = {}) =>
    endOfGrant(grant(terms), periods, []);

  test('ends with the period that contains its start, not with an earlier or later one', () => {
    const periods = [period(day(0), day(4)), period(day(4), day(10)), period(day(10), day(20))];
    expect(ends(periods)).toEqual(byPeriod(day(10)));
    expect(ends(periods.toReversed())).toEqual(byPeriod(day(10)));
  });

  test('belongs at a boundary to the period that begins there', () => {
    expect(ends([period(day(0), day(5)), period(day(5), day(10))])).toEqual(byPeriod(day(10)));
    const other = period(day(6), day(8), { subscriptionId: 'sub_2' });
    expect(ends([period(day(5), day(10)), other])).toEqual(byPeriod(day(10)));
    expect(ends([period(day(0), day(5))])).toBeNull();
    const oneMicrosecondEarlier = { effectiveAt: justBefore(day(5)) };
    expect(ends([period(day(0), day(5)), period(day(5), day(10))], oneMicrosecondEarlier)).toEqual(byPeriod(day(5)));
  });

  test('ends with the one that ends last, of several subscriptions’ periods that contain its start', () => {
    const long = period(day(1), day(30), { subscriptionId: 'sub_2' });
    const periods = [period(day(0), day(10)), long, period(day(4), day(12), { subscriptionId: 'sub_3' })];
    expect(ends(periods)).toEqual(byPeriod(day(30)));
  });

  test('that starts in no period ends with the first one that ends after its start', () => {
    const periods = [
      period(day(12), day(20), { subscriptionId: 'sub_2' }),
      period(day(6), day(16)),
      period(day(0), day(4)),
    ];
    expect(ends(periods)).toEqual(byPeriod(day(16)));
  });

  test('has no end yet while there is no period to end with', () => {
    expect(ends([])).toBeNull();
    expect(ends([period(day(0), day(4))])).toBeNull();
    expect(ends([], { expiresAt: day(7) })).toBeNull();
  });

  test('looks only at periods of subscriptions that it can cover', () => {
    const tokens = period(day(1), day(30), { subscriptionId: 'sub_2', charges: [TOKENS] });
    expect(ends([period(day(0), day(10)), tokens], { eventNames: ['call'] })).toEqual(byPeriod(day(10)));
    expect(ends([tokens], { eventNames: ['call'] })).toBeNull();
    expect(ends([period(day(0), day(10), { charges: [flatCharge('1')] })])).toBeNull();
  });

  test('of one subscription ends with that one’s period, whatever is charged for there', () => {
    const own = period(day(0), day(10), { charges: [flatCharge('1')] });
    const other = period(day(1), day(30), { subscriptionId: 'sub_2' });
    expect(ends([own, other], { subscriptionId: 'sub_1' })).toEqual(byPeriod(day(10)));
  });

  test('with an expiry too ends at the earlier of the two', () => {
    const periods = [period(day(0), day(10))];
    expect(ends(periods, { expiresAt: justBefore(day(10)) })).toEqual(byExpiry(justBefore(day(10))));
    expect(ends(periods, { expiresAt: day(10) })).toEqual(byPeriod(day(10)));
    expect(ends(periods, { expiresAt: day(11) })).toEqual(byPeriod(day(10)));
  });

  test('has no end while a subscription that it can cover is still to open the period it starts in', () => {
    const periods = [period(day(0), day(10))];
    const opening = { subscriptionId: 'sub_2', charges: [TOKENS] };
    expect(endOfGrant(grant(), periods, [opening])).toBeNull();
    expect(endOfGrant(grant({ eventNames: ['call'] }), periods, [opening])).toEqual(byPeriod(day(10)));
    expect(endOfGrant(grant({ subscriptionId: 'sub_1' }), periods, [opening])).toEqual(byPeriod(day(10)));
    expect(endOfGrant(grant({ subscriptionId: 'sub_2', eventNames: ['call'] }), periods, [opening])).toBeNull();
  });
});

describe('what is left of a grant lapses', () => {
  const ended = { effectiveAt: day(1), endsAt: day(10), eventNames: null, subscriptionId: null };
  const open = (startAt: Instant, charges: readonly Charge[] = [CALLS]) => ({
    subscriptionId: 'sub_1',
    charges,
    startAt,
  });

  test('at its end, not before', () => {
    expect(lapses(ended, justBefore(day(10)), [])).toBe(false);
    expect(lapses(ended, day(10), [])).toBe(true);
    expect(lapses({ ...ended, endsAt: null }, day(10), [])).toBe(false);
  });

  test('not while an unfinalized period that it can cover started before its end', () => {
    expect(lapses(ended, day(11), [open(justBefore(day(10)))])).toBe(false);
    expect(lapses(ended, day(11), [open(day(10))])).toBe(true);
    expect(lapses(ended, day(11), [open(day(10)), open(day(2))])).toBe(false);
  });

  test('although periods that it cannot cover are unfinalized', () => {
    expect(lapses({ ...ended, eventNames: ['token'] }, day(11), [open(day(2))])).toBe(true);
    expect(lapses({ ...ended, subscriptionId: 'sub_2' }, day(11), [open(day(2))])).toBe(true);
    expect(lapses(ended, day(11), [open(day(2), [flatCharge('1')])])).toBe(true);
  });

  test('at once when it was revoked before it began, or as it began: it covers no time', () => {
    for (const effectiveAt of [day(10), day(12)]) {
      expect(lapses({ ...ended, effectiveAt }, day(10), [open(day(2))])).toBe(true);
    }
    expect(lapses({ ...ended, effectiveAt: justBefore(day(10)) }, day(10), [open(day(2))])).toBe(false);
  });
});
