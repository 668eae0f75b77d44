import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Instant, parseInstant } from '../../src/domain/instant.ts';
import {
  customerSteps,
  isLive,
  nextDueAt,
  type SubscriptionFacts,
  subscriptionSteps,
} from '../../src/domain/subscription/steps.ts';

function at(iso: string): Instant {
  const instant = parseInstant(`${iso}T00:00:00Z`);
  if (instant === null) throw new Error(iso);
  return instant;
}

const ACTIVE: SubscriptionFacts = {
  id: 'sub_a',
  createdAt: at('2027-01-01'),
  status: 'active',
  startAt: at('2027-01-01'),
  trialEndAt: null,
  cancelAt: null,
  pauseAt: null,
  resumeAt: null,
  needsAttention: false,
  lateDueAt: null,
  currentPeriod: { number: 1, endAt: at('2027-03-01') },
  drafts: [{ invoiceId: 'inv_0', kind: 'closing', periodNumber: 0, finalizeAt: at('2027-02-02') }],
};

describe('the next steps of a subscription', () => {
  test.each([
    ['scheduled: it starts', { status: 'scheduled', drafts: [], currentPeriod: null }, [['start', at('2027-01-01')]]],
    [
      'scheduled and canceled before its start: it ends',
      { status: 'scheduled', startAt: at('2027-02-01'), cancelAt: at('2027-01-15'), drafts: [], currentPeriod: null },
      [['cancel', at('2027-01-15')]],
    ],
    [
      'trialing: its trial ends',
      { status: 'trialing', trialEndAt: at('2027-01-15'), drafts: [], currentPeriod: null },
      [['end_trial', at('2027-01-15')]],
    ],
    [
      'trialing and canceled for the end of the trial: it ends without a period',
      { status: 'trialing', trialEndAt: at('2027-01-15'), cancelAt: at('2027-01-15'), drafts: [], currentPeriod: null },
      [['cancel', at('2027-01-15')]],
    ],
    [
      'active: its period ends, and its draft is finalized',
      {},
      [
        ['end_period', at('2027-03-01')],
        ['finalize', at('2027-02-02')],
      ],
    ],
    [
      'active and canceled inside its period: the period is cut there',
      { cancelAt: at('2027-02-10'), drafts: [] },
      [['end_period', at('2027-02-10')]],
    ],
    [
      'active and canceled later: the period ends at its boundary',
      { cancelAt: at('2027-05-01'), drafts: [] },
      [['end_period', at('2027-03-01')]],
    ],
    [
      'with several drafts: the earliest period first, whatever its instant',
      {
        drafts: [
          { invoiceId: 'inv_1', kind: 'closing', periodNumber: 1, finalizeAt: at('2027-02-01') },
          { invoiceId: 'inv_0', kind: 'closing', periodNumber: 0, finalizeAt: at('2027-02-09') },
        ],
      },
      [
        ['end_period', at('2027-03-01')],
        ['finalize', at('2027-02-09')],
      ],
    ],
    ['canceled with a draft: only that', { status: 'canceled', currentPeriod: null }, [['finalize', at('2027-02-02')]]],
  ] as [string, Partial<SubscriptionFacts>, [string, Instant][]][])('%s', (_, change, expected) => {
    const steps = subscriptionSteps({ ...ACTIVE, ...change });
    expect(steps.map((step) => [step.kind, step.at])).toEqual(expected);
  });

  test('one that is over waits for nothing, one that needs attention stays live', () => {
    const over = { ...ACTIVE, status: 'canceled' as const, drafts: [] };
    expect([isLive(over), nextDueAt(over, [])]).toEqual([false, null]);
    expect(nextDueAt({ ...ACTIVE, needsAttention: true }, [])).toBe(at('2027-02-02'));
  });
});

describe('the one order of a customer', () => {
  const other: SubscriptionFacts = { ...ACTIVE, id: 'sub_b', createdAt: at('2027-01-02') };
  const grant = {
    id: 'cg',
    createdAt: at('2027-01-01'),
    status: 'active',
    endsAt: at('2027-02-02'),
    expiresAt: null,
  } as const;

  test('at one instant: turns of lives, finalizations by creation and id, then ends of grants', () => {
    const cut = { ...other, id: 'sub_c', drafts: [], cancelAt: at('2027-02-02') };
    const steps = customerSteps([other, cut, ACTIVE], [grant]).filter((step) => step.at === at('2027-02-02'));
    expect(
      steps.map((step) => (step.kind === 'end_grant' ? step.grantId : `${step.kind} ${step.subscriptionId}`)),
    ).toEqual(['end_period sub_c', 'finalize sub_a', 'finalize sub_b', 'cg']);
  });

  test('a subscription that needs attention is skipped', () => {
    const steps = customerSteps([{ ...ACTIVE, needsAttention: true }, other], []);
    expect(new Set(steps.map((step) => ('subscriptionId' in step ? step.subscriptionId : '')))).toEqual(
      new Set(['sub_b']),
    );
  });

  test('does not depend on the order in which subscriptions are read', () => {
    const facts = fc.array(
      fc.record({
        id: fc.string({ minLength: 1 }),
        created: fc.integer({ min: 0, max: 2 }),
        end: fc.integer({ min: 0, max: 3 }),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(facts, fc.infiniteStream(fc.nat()), (rows, random) => {
        const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
        const all = unique.map((row) => ({
          ...ACTIVE,
          id: row.id,
          createdAt: BigInt(row.created) as Instant,
          currentPeriod: { number: 0, endAt: BigInt(row.end) as Instant },
          drafts: [],
        }));
        const shuffled = all
          .map((each) => ({ each, key: random.next().value as number }))
          .toSorted((left, right) => left.key - right.key)
          .map(({ each }) => each);
        expect(customerSteps(shuffled, [])).toEqual(customerSteps(all, []));
      }),
    );
  });
});
