import { describe, expect, test } from '@jest/globals';
import type { Deadline, SubscriptionView } from '../../src/orchestration/messages.ts';
import { apply, decide, initialState, instantOf, type RunState } from '../../workflows/state.ts';
import { statusOf } from '../../workflows/status.ts';

const NOW = instantOf('2027-01-20T00:00:00Z');
const END: Deadline = {
  kind: 'end_period',
  at: '2027-02-01T00:00:00Z',
  asOf: '2027-02-01T00:00:00Z',
  closes: true,
  jitterMs: 1_500,
  periodNumber: 3,
};

function waiting(deadlines: readonly Deadline[], change: Partial<SubscriptionView> = {}): RunState {
  const view: SubscriptionView = {
    status: 'active',
    live: true,
    customer: 'acme',
    plan: 'plan_1',
    planName: 'Pro',
    period: { number: 3, start: '2027-01-01T00:00:00Z', end: '2027-02-01T00:00:00Z' },
    deadlines,
    clock: null,
    attention: null,
    lastInvoice: null,
    ...change,
  };
  const read = initialState({ accountId: 1, livemode: false, subscriptionId: 'sub_1' });
  return apply(apply(read, { kind: 'began', action: { kind: 'load' } }), { kind: 'viewed', view });
}

const nextOf = (state: RunState) => statusOf(state, decide(state, NOW)).next;

describe('the query status', () => {
  test('answers with all that the run remembers', () => {
    const state = waiting([END]);
    expect(statusOf(state, null)).toEqual({ ...state, next: null, busyWith: null });
  });

  test('tells the timer that rings next, and what for', () => {
    expect(nextOf(waiting([END]))).toMatchObject({
      reason: 'end_period',
      at: '2027-02-01T00:00:01.500Z',
      dueAt: END.at,
      jitterMs: 1_500,
      byTestClock: false,
      periodNumber: 3,
    });
  });

  test('tells what the test clock has to reach', () => {
    const clock = { id: 'clk_1', frozenTime: '2027-01-20T00:00:00Z' };
    const far = { ...END, at: '2028-02-01T00:00:00Z', jitterMs: 0 };
    expect(nextOf(waiting([far], { clock }))).toMatchObject({ reason: 'end_period', at: far.at, byTestClock: true });
  });

  test('tells the sweep where nothing is due sooner, and while it waits for an operator', () => {
    const sweep = { reason: 'sweep', at: '2027-02-20T00:00:00Z', dueAt: null, jitterMs: 0, periodNumber: null };
    expect(nextOf(waiting([{ ...END, at: '2027-03-01T00:00:00Z' }]))).toMatchObject(sweep);
    expect(nextOf(waiting([]))).toMatchObject(sweep);
    const failed = apply(waiting([END]), { kind: 'failed', action: { kind: 'load' }, message: 'No plan.' });
    expect(nextOf(failed)).toMatchObject(sweep);
  });

  test('tells what it does while it does not wait', () => {
    const due = { ...END, at: '2027-01-19T00:00:00Z', jitterMs: 0 };
    const state = waiting([due]);
    expect(statusOf(state, decide(state, NOW))).toMatchObject({
      next: null,
      busyWith: 'Close period 3 (1 Jan 2027 – 19 Jan 2027)',
    });
    const nudged = apply(waiting([END]), { kind: 'nudged' });
    expect(statusOf(nudged, decide(nudged, NOW)).busyWith).toBe('Read the subscription');
  });
});
