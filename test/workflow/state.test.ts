import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addSeconds, formatInstant, type Instant } from '../../src/domain/instant.ts';
import type { Deadline, SubscriptionView } from '../../src/orchestration/messages.ts';
import { currentDetails } from '../../workflows/details.ts';
import {
  type Action,
  apply,
  decide,
  hasNews,
  initialState,
  instantOf,
  refusalToAdvance,
  type RunState,
  type StateEvent,
  wakeAt,
} from '../../workflows/state.ts';

const REF = { accountId: 1, livemode: false, subscriptionId: 'sub_1' };
const LONG = { isLong: true, isOutdated: false };
const NOW = instantOf('2027-01-01T00:00:00Z');

function view(change: Partial<SubscriptionView> = {}): SubscriptionView {
  return {
    status: 'active',
    live: true,
    customer: 'acme',
    plan: 'plan_1',
    planName: 'Pro',
    period: { number: 0, start: '2027-01-01T00:00:00Z', end: '2027-02-01T00:00:00Z' },
    deadlines: [deadline('2027-02-01T00:00:00Z')],
    clock: null,
    attention: null,
    lastInvoice: null,
    ...change,
  };
}

function deadline(at: string, change: Partial<Deadline> = {}): Deadline {
  return { kind: 'end_period', at, asOf: at, closes: false, jitterMs: 0, periodNumber: 0, ...change };
}

function seen(change: Partial<SubscriptionView> = {}): RunState {
  const reading = apply(initialState(REF), { kind: 'began', action: { kind: 'load' } });
  return apply(reading, { kind: 'viewed', view: view(change) });
}

describe('a run', () => {
  test('reads the subscription first, and again after every nudge', () => {
    expect(decide(initialState(REF), NOW)).toEqual({ kind: 'load' });
    expect(decide(apply(seen(), { kind: 'nudged' }), NOW)).toEqual({ kind: 'load' });
  });

  test('sleeps until its earliest deadline and its jitter, and performs it then, not a millisecond earlier', () => {
    const state = seen({ deadlines: [deadline('2027-01-10T00:00:00.000001Z', { jitterMs: 500 })] });
    const wake = instantOf('2027-01-10T00:00:00.501Z');
    expect(decide(state, NOW)).toMatchObject({ kind: 'wait', until: wake });
    expect(decide(state, (wake - 1n) as Instant)).toMatchObject({ kind: 'wait' });
    expect(decide(state, wake)).toMatchObject({ kind: 'perform', deadline: { kind: 'end_period' } });
  });

  test('looks around at least every 31 days', () => {
    const state = seen({ deadlines: [deadline('2028-01-01T00:00:00Z')] });
    expect(decide(state, NOW)).toMatchObject({ kind: 'wait', until: instantOf('2027-02-01T00:00:00Z') });
    expect(decide(apply(state, { kind: 'woke' }), NOW)).toEqual({ kind: 'load' });
  });

  test('on a test clock goes by the clock alone', () => {
    const clock = { id: 'clk_1', frozenTime: '2027-01-31T23:59:59.999999Z' };
    const late = instantOf('2030-01-01T00:00:00Z');
    expect(decide(seen({ clock }), late)).toMatchObject({ kind: 'wait' });
    expect(decide(seen({ clock: { ...clock, frozenTime: '2027-02-01T00:00:00Z' } }), NOW)).toMatchObject({
      kind: 'perform',
    });
  });

  test('carries out manual triggers before it sleeps again, each under its own ordinal', () => {
    let state = apply(seen(), { kind: 'trigger_requested', reason: 'a' });
    state = apply(state, { kind: 'trigger_requested', reason: 'b' });
    expect(decide(state, NOW)).toMatchObject({ kind: 'trigger', trigger: { ordinal: 0, reason: 'a' } });
    state = apply(state, { kind: 'triggered', ordinal: 0, view: view() });
    expect(decide(state, NOW)).toMatchObject({ kind: 'trigger', trigger: { ordinal: 1, reason: 'b' } });
    state = apply(state, { kind: 'triggered', ordinal: 1, view: view() });
    expect(decide(state, NOW)).toMatchObject({ kind: 'wait' });
  });

  test('completes when the subscription is over', () => {
    expect(decide(seen({ live: false, deadlines: [] }), NOW)).toEqual({ kind: 'complete' });
  });

  test('continues as new at rest after twelve periods, not before what is due is done', () => {
    let state = seen();
    for (let period = 0; period < 12; period += 1) {
      state = apply(state, { kind: 'performed', deadline: deadline('2027-02-01T00:00:00Z'), view: view() });
    }
    expect(decide(state, instantOf('2027-03-01T00:00:00Z'))).toMatchObject({ kind: 'perform' });
    expect(decide(state, NOW)).toEqual({ kind: 'continue_as_new' });
  });

  test('continues as new when Temporal suggests it, also in the middle of a long past, but not with news unread', () => {
    const due = instantOf('2027-03-01T00:00:00Z');
    expect(decide(seen(), NOW, LONG)).toEqual({ kind: 'continue_as_new' });
    expect(decide(seen(), due, LONG)).toEqual({ kind: 'continue_as_new' });
    expect(decide(apply(seen(), { kind: 'nudged' }), due, LONG)).toMatchObject({ kind: 'perform' });
    expect(decide(apply(seen(), { kind: 'nudged' }), NOW, LONG)).toEqual({ kind: 'load' });
    expect(decide(seen({ live: false, deadlines: [] }), NOW, LONG)).toEqual({ kind: 'complete' });
  });

  test('continues on a newer version of the code at rest: what is due comes first, and so do messages', () => {
    const outdated = { isLong: false, isOutdated: true };
    const due = instantOf('2027-03-01T00:00:00Z');
    expect(decide(seen(), NOW, outdated)).toEqual({ kind: 'continue_as_new' });
    expect(decide(seen(), due, outdated)).toMatchObject({ kind: 'perform' });
    expect(decide(apply(seen(), { kind: 'nudged' }), NOW, outdated)).toEqual({ kind: 'load' });
    const asked = apply(seen(), { kind: 'trigger_requested', reason: null });
    expect(decide(asked, NOW, outdated)).toMatchObject({ kind: 'trigger' });
    expect(decide(seen({ live: false, deadlines: [] }), NOW, outdated)).toEqual({ kind: 'complete' });
  });

  test('one that waits for an operator goes on with newer code, which may do what the old one could not', () => {
    const failed = apply(seen(), { kind: 'failed', action: { kind: 'load' }, message: 'No plan.' });
    expect(decide(failed, NOW, { isLong: false, isOutdated: true })).toEqual({ kind: 'continue_as_new' });
  });

  test('does what is due at once when its alarm rings, without reading first, and however many nudges come', () => {
    const due = instantOf('2027-02-01T00:00:00Z');
    let state = apply(apply(seen(), { kind: 'woke' }), { kind: 'nudged' });
    const action = decide(state, due);
    expect(action).toMatchObject({ kind: 'perform' });
    state = apply(state, { kind: 'began', action });
    expect(hasNews(state)).toBe(false);
    expect(hasNews(apply(state, { kind: 'nudged' }))).toBe(true);
  });

  test('after a failure that no retry mends waits for a nudge, and says why', () => {
    const action = decide(seen(), instantOf('2027-02-01T00:00:00Z'));
    const state = apply(seen(), { kind: 'failed', action, message: 'No plan.' });
    expect(decide(state, instantOf('2027-02-01T00:00:00Z'))).toMatchObject({ kind: 'wait', deadline: null });
    expect(currentDetails(state)).toContain('No plan.');
    expect(decide(apply(state, { kind: 'nudged' }), NOW)).toEqual({ kind: 'load' });
  });

  test('keeps a trigger that waits for a problem to be solved', () => {
    const due = instantOf('2027-02-01T00:00:00Z');
    let state = apply(seen(), { kind: 'trigger_requested', reason: null });
    state = apply(state, { kind: 'failed', action: { kind: 'load' }, message: 'No plan.' });
    expect(decide(state, due, LONG)).toMatchObject({ kind: 'wait' });
    state = apply(apply(state, { kind: 'nudged' }), { kind: 'began', action: { kind: 'load' } });
    expect(decide(apply(state, { kind: 'viewed', view: view() }), NOW)).toMatchObject({ kind: 'trigger' });
  });

  test('refuses to advance a clock backwards, without a clock, and in live mode', () => {
    const clock = { id: 'clk_1', frozenTime: '2027-02-01T00:00:00Z' };
    expect(refusalToAdvance(seen(), '2027-03-01T00:00:00Z')).toContain('not on a test clock');
    expect(refusalToAdvance(seen({ clock }), '2027-02-01T00:00:00Z')).toContain('forward only');
    expect(refusalToAdvance(seen({ clock }), 'tomorrow')).toContain('ISO 8601');
    expect(refusalToAdvance({ ...seen({ clock }), ref: { ...REF, livemode: true } }, '2027-03-01T00:00:00Z')).toContain(
      'Live',
    );
    expect(refusalToAdvance(seen({ clock }), '2027-03-01T00:00:00Z')).toBeNull();
  });
});

describe('for any sequence of messages', () => {
  const events: fc.Arbitrary<StateEvent> = fc.oneof(
    fc.constant<StateEvent>({ kind: 'nudged' }),
    fc.constant<StateEvent>({ kind: 'woke' }),
    fc.option(fc.string(), { nil: null }).map<StateEvent>((reason) => ({ kind: 'trigger_requested', reason })),
    fc.string().map<StateEvent>((frozenTime) => ({ kind: 'advance_requested', frozenTime })),
  );

  test('a run comes to rest, having read what each nudge told of and done each trigger once, and nothing early', () => {
    // Each message comes between two actions or, with `during`, while one runs.
    const messages = fc.array(fc.record({ message: events, during: fc.boolean() }), { maxLength: 20 });
    fc.assert(
      fc.property(messages, fc.nat({ max: 40 }), (sent, days) => {
        const queue = [...sent];
        let state = initialState(REF);
        let now = NOW;
        let due = addSeconds(NOW, days * 86_400);
        let unread = false;
        let wantedTime: string | null = null;
        const triggered: number[] = [];
        const deliver = () => {
          const message = queue.shift()?.message;
          if (message === undefined) return;
          if (message.kind === 'nudged') unread = true;
          if (message.kind === 'advance_requested') wantedTime = message.frozenTime;
          state = apply(state, message);
        };
        const step = () => {
          const action = decide(state, now);
          if (action.kind === 'wait') expect(hasNews(state)).toBe(false);
          if (action.kind === 'wait' || action.kind === 'complete' || action.kind === 'continue_as_new') return false;
          state = apply(state, { kind: 'began', action });
          if (action.kind === 'load' || action.kind === 'perform') unread = false;
          if (action.kind === 'advance_clock' && action.frozenTime === wantedTime) wantedTime = null;
          if (action.kind === 'trigger') triggered.push(action.trigger.ordinal);
          if (action.kind === 'perform') {
            expect(wakeAt(action.deadline) <= now).toBe(true);
            due = addSeconds(due, 30 * 86_400);
          }
          if (queue[0]?.during === true) deliver();
          state = apply(state, outcomeOf(action, view({ deadlines: [deadline(formatInstant(due))] })));
          return true;
        };
        while (queue.length > 0) {
          deliver();
          while (step());
          now = addSeconds(now, 86_400);
        }
        while (step());
        expect([unread, wantedTime]).toEqual([false, null]);
        const wanted = sent.filter(({ message }) => message.kind === 'trigger_requested').length;
        expect(triggered).toEqual(Array.from({ length: wanted }, (_, index) => index));
      }),
    );
  });
});

function outcomeOf(
  action: Extract<Action, { kind: 'load' | 'trigger' | 'advance_clock' | 'perform' }>,
  after: SubscriptionView,
): StateEvent {
  switch (action.kind) {
    case 'load':
      return { kind: 'viewed', view: after };
    case 'trigger':
      return { kind: 'triggered', ordinal: action.trigger.ordinal, view: after };
    case 'advance_clock':
      return { kind: 'advanced', view: after };
    case 'perform':
      return { kind: 'performed', deadline: action.deadline, view: after };
  }
}
