import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Instant, parseInstant } from '../../src/domain/instant.ts';
import {
  customerSteps,
  type GrantFacts,
  grantStep,
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

const GRANT: GrantFacts = {
  id: 'cg',
  createdAt: at('2027-01-01'),
  status: 'active',
  endsAt: at('2027-02-02'),
  expiresAt: null,
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
      'scheduled and canceled for its start: it ends',
      { status: 'scheduled', cancelAt: at('2027-01-01'), drafts: [], currentPeriod: null },
      [['cancel', at('2027-01-01')]],
    ],
    [
      'scheduled and canceled later: it starts',
      { status: 'scheduled', cancelAt: at('2027-01-02'), drafts: [], currentPeriod: null },
      [['start', at('2027-01-01')]],
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
      'trialing and canceled after the trial: the trial ends',
      { status: 'trialing', trialEndAt: at('2027-01-15'), cancelAt: at('2027-01-16'), drafts: [], currentPeriod: null },
      [['end_trial', at('2027-01-15')]],
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
      'active and to be paused inside its period: the period is cut there',
      { pauseAt: at('2027-02-10'), cancelAt: at('2027-02-11'), drafts: [] },
      [['end_period', at('2027-02-10')]],
    ],
    ['paused: nothing, until somebody resumes it', { status: 'paused', currentPeriod: null, drafts: [] }, []],
    [
      'paused until an instant: it resumes',
      { status: 'paused', currentPeriod: null, drafts: [], resumeAt: at('2027-02-05') },
      [['resume', at('2027-02-05')]],
    ],
    [
      'paused and canceled by the time it would resume: it ends',
      { status: 'paused', currentPeriod: null, drafts: [], resumeAt: at('2027-02-05'), cancelAt: at('2027-02-05') },
      [['cancel', at('2027-02-05')]],
    ],
    [
      'paused and canceled after it resumes: it resumes',
      { status: 'paused', currentPeriod: null, drafts: [], resumeAt: at('2027-02-05'), cancelAt: at('2027-02-06') },
      [['resume', at('2027-02-05')]],
    ],
    [
      'paused and canceled: it ends',
      { status: 'paused', currentPeriod: null, drafts: [], cancelAt: at('2027-02-06') },
      [['cancel', at('2027-02-06')]],
    ],
    [
      'ended with late usage: that is billed',
      { status: 'canceled', currentPeriod: null, drafts: [], lateDueAt: at('2027-04-01') },
      [['bill_late_usage', at('2027-04-01')]],
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

  test('opening drafts wait for no other: all of them, and the first closing one, in the order of periods', () => {
    const draft = (invoiceId: string, kind: 'opening' | 'closing', periodNumber: number) => {
      return { invoiceId, kind, periodNumber, finalizeAt: at('2027-02-02') };
    };
    const drafts = [
      draft('inv_c1', 'closing', 1),
      draft('inv_o2', 'opening', 2),
      draft('inv_c0', 'closing', 0),
      draft('inv_o0', 'opening', 0),
    ];
    const told = (given: typeof drafts) =>
      subscriptionSteps({ ...ACTIVE, drafts: given }).map((step) => ('invoiceId' in step ? step.invoiceId : step.kind));
    expect(told(drafts)).toEqual(['end_period', 'inv_o0', 'inv_c0', 'inv_o2']);
    expect(told(drafts.toReversed())).toEqual(['end_period', 'inv_o0', 'inv_c0', 'inv_o2']);
  });

  test('a trial without an end, or an active one without a period, is a defect', () => {
    expect(() => subscriptionSteps({ ...ACTIVE, status: 'trialing' })).toThrow('trialing without a trial end');
    expect(() => subscriptionSteps({ ...ACTIVE, currentPeriod: null })).toThrow('active without a period');
  });

  test('one that is over waits for nothing, not for the end of a grant either', () => {
    const over = { ...ACTIVE, status: 'canceled' as const, drafts: [] };
    expect([isLive(over), nextDueAt(over, [GRANT])]).toEqual([false, null]);
    expect([ACTIVE, { ...over, drafts: ACTIVE.drafts }, { ...over, lateDueAt: at('2027-04-01') }].map(isLive)).toEqual([
      true,
      true,
      true,
    ]);
    expect(isLive({ ...ACTIVE, drafts: [] })).toBe(true);
  });

  test('one that needs attention stays live', () => {
    expect(nextDueAt({ ...ACTIVE, needsAttention: true }, [])).toBe(at('2027-02-02'));
  });

  test('its workflow acts at its earliest step, or at the earliest end of a grant before that', () => {
    const ends = (endsAt: Instant) => ({ ...GRANT, endsAt });
    expect(nextDueAt(ACTIVE, [ends(at('2027-02-03'))])).toBe(at('2027-02-02'));
    expect(nextDueAt(ACTIVE, [ends(at('2027-02-03')), ends(at('2027-01-20'))])).toBe(at('2027-01-20'));
    expect(nextDueAt(ACTIVE, [{ ...ends(at('2027-01-20')), status: 'ended' }])).toBe(at('2027-02-02'));
    const paused = { ...ACTIVE, status: 'paused' as const, drafts: [], currentPeriod: null };
    expect(nextDueAt(paused, [])).toBeNull();
  });
});

describe('the end of a grant', () => {
  test.each<[string, Partial<typeof GRANT>, Instant | null]>([
    ['is a step at its end', { expiresAt: at('2027-03-01') }, at('2027-02-02')],
    ['is at its expiry while its end is not known', { endsAt: null, expiresAt: at('2027-03-01') }, at('2027-03-01')],
    ['is none while neither is known', { endsAt: null }, null],
    ['is none once it has ended', { status: 'ended' }, null],
  ])('%s', (_, change, expected) => {
    expect(grantStep({ ...GRANT, ...change })?.at ?? null).toBe(expected);
  });
});

describe('the one order of a customer', () => {
  const other: SubscriptionFacts = { ...ACTIVE, id: 'sub_b', createdAt: at('2027-01-02') };
  test('at one instant: turns of lives, finalizations by creation and id, then ends of grants', () => {
    const cut = { ...other, id: 'sub_c', drafts: [], cancelAt: at('2027-02-02') };
    const steps = customerSteps([other, cut, ACTIVE], [GRANT, { ...GRANT, status: 'ended' }]).filter(
      (step) => step.at === at('2027-02-02'),
    );
    expect(
      steps.map((step) => (step.kind === 'end_grant' ? step.grantId : `${step.kind} ${step.subscriptionId}`)),
    ).toEqual(['end_period sub_c', 'finalize sub_a', 'finalize sub_b', 'cg']);
  });

  const DUE = at('2027-02-02');
  const quiet = { ...ACTIVE, createdAt: at('2027-05-01'), id: 'sub_q', drafts: [], currentPeriod: null };
  test.each<[string, Partial<SubscriptionFacts>]>([
    ['start', { status: 'scheduled', startAt: DUE }],
    ['end_trial', { status: 'trialing', trialEndAt: DUE }],
    ['cancel', { status: 'scheduled', startAt: at('2027-03-01'), cancelAt: DUE }],
    ['resume', { status: 'paused', resumeAt: DUE }],
  ])('%s of a subscription goes before finalizations at the same instant', (kind, change) => {
    const steps = customerSteps([ACTIVE, { ...quiet, ...change }], []);
    expect(steps.map((step) => step.kind)).toEqual([kind, 'finalize', 'end_period']);
  });

  test('late usage of an ended subscription is billed in the order of finalizations, before grants end', () => {
    const ended = { ...quiet, status: 'canceled', lateDueAt: DUE, createdAt: at('2026-12-01') } as const;
    const cut = { ...other, id: 'sub_c', drafts: [], cancelAt: DUE };
    const steps = customerSteps([ACTIVE, cut, ended], [GRANT]).filter((step) => step.at === DUE);
    expect(steps.map((step) => step.kind)).toEqual(['end_period', 'bill_late_usage', 'finalize', 'end_grant']);
  });

  test('subscriptions made at one instant go by id, drafts of one subscription by period', () => {
    const draft = (kind: 'opening' | 'closing', periodNumber: number) => {
      return { invoiceId: `inv_${kind}_${periodNumber}`, kind, periodNumber, finalizeAt: DUE };
    };
    const both = [draft('closing', 0), draft('opening', 1)];
    const twins = ['sub_c', 'sub_a', 'sub_b'].map((id) => ({ ...ACTIVE, id, drafts: both }));
    const told = customerSteps(twins, []).flatMap((step) =>
      step.kind === 'finalize' ? [`${step.subscriptionId} ${step.invoiceId}`] : [],
    );
    expect(told).toEqual(['sub_a', 'sub_b', 'sub_c'].flatMap((id) => [`${id} inv_closing_0`, `${id} inv_opening_1`]));
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
