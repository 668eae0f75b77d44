import { describe, expect, test } from '@jest/globals';
import { SearchAttributeType } from '@temporalio/common';
import type { Deadline, SubscriptionView } from '../../src/orchestration/messages.ts';
import { SEARCH_ATTRIBUTES } from '../../src/orchestration/search-attributes.ts';
import { currentDetails, GAP } from '../../workflows/details.ts';
import { activitySummary, groupId, groupLabel, waitSummary } from '../../workflows/display.ts';
import { apply, initialState, type RunState } from '../../workflows/state.ts';

const REF = { accountId: 1, livemode: false, subscriptionId: 'sub_1' };
const END: Deadline = {
  kind: 'end_period',
  at: '2027-02-01T00:00:00Z',
  asOf: '2027-02-01T00:00:00Z',
  closes: false,
  jitterMs: 0,
  periodNumber: 0,
};

function view(change: Partial<SubscriptionView> = {}): SubscriptionView {
  return {
    status: 'active',
    live: true,
    customer: 'acme',
    plan: 'plan_1',
    planName: 'Pro',
    period: { number: 0, start: '2027-01-01T00:00:00Z', end: '2027-02-01T00:00:00Z' },
    deadlines: [END],
    clock: null,
    attention: null,
    lastInvoice: null,
    apiUrl: 'https://billing.example',
    ...change,
  };
}

function seen(change: Partial<SubscriptionView> = {}): RunState {
  return apply(initialState(REF), { kind: 'viewed', view: view(change) });
}

/** The table's rows by their first cell. */
function rowsOf(details: string): Record<string, string> {
  const rows = [...details.matchAll(/^\| (\S.*?) \| (.*) \|$/gm)];
  return Object.fromEntries(rows.map(([, name, text]) => [name?.replace(GAP, '') ?? '', text ?? '']));
}

describe('the current details', () => {
  test('tell the period, the next wake-up and why, the last problem, and where the API has it', () => {
    const lastInvoice = { id: 'inv_1', number: 'INV-000007', total: '19.20 USD' };
    expect(rowsOf(currentDetails(seen({ lastInvoice })))).toEqual({
      Customer: 'acme',
      Plan: 'Pro (plan_1)',
      Status: 'active',
      Period: '0: 1 Jan 2027 – 1 Feb 2027',
      Next: 'Period 0 ends 1 Feb 2027',
      Problem: 'none',
      Invoice: 'INV-000007 19.20 USD, [GET /v1/invoices/inv_1](https://billing.example/v1/invoices/inv_1)',
      API: '[GET /v1/subscriptions/sub_1](https://billing.example/v1/subscriptions/sub_1)',
    });
  });

  test('name the paths alone where the worker does not know the address of the API, or an old view lacks it', () => {
    const path = '`GET /v1/subscriptions/sub_1`';
    expect(rowsOf(currentDetails(seen({ apiUrl: null }))).API).toBe(path);
    const { apiUrl: _, ...old } = view();
    const state = apply(initialState(REF), { kind: 'viewed', view: old });
    expect(rowsOf(currentDetails(state)).API).toBe(path);
  });

  test('say what to do when a period cannot be rated', () => {
    const attention = { code: 'unrateable', message: 'Period 0 cannot be rated.' };
    const rows = rowsOf(currentDetails(seen({ attention, deadlines: [] })));
    expect(rows['Needs attention']).toBe('Period 0 cannot be rated.');
    expect(rows['What to do']).toMatch(/call retry .* void the draft/);
    expect(rows.Next).toBe('none: it waits for an operator');
  });

  test('say what to do when an activity failed, and keep the problem in sight once it is over', () => {
    const failed = apply(seen(), { kind: 'failed', action: { kind: 'load' }, message: 'No plan.' });
    const rows = rowsOf(currentDetails(failed));
    expect(rows).toMatchObject({ 'Needs attention': 'No plan.', Next: 'none: it waits for an operator' });
    expect(rows['What to do']).toMatch(/call retry .* signal nudge/);
    const over = apply(failed, { kind: 'nudged' });
    expect(rowsOf(currentDetails(over))).toMatchObject({ Problem: 'No plan. It is over.' });
  });

  test('show an advance of the clock that came to nothing, which stops nothing', () => {
    const action = { kind: 'advance_clock' as const, frozenTime: '2027-03-01T00:00:00Z' };
    const state = apply(seen(), { kind: 'failed', action, message: 'The clock is gone.' });
    expect(state.problem).toBeNull();
    expect(rowsOf(currentDetails(state)).Problem).toBe('The clock is gone. It is over.');
  });

  test('stay one table whatever a customer or plan is called', () => {
    const hostile = 'a|b\n# c [x](https://evil.example) <img src=x> `d` *e* \\';
    const details = currentDetails(seen({ customer: hostile, planName: hostile }));
    expect(rowsOf(details).Customer).toBe(
      'a\\|b # c \\[x\\](https://evil.example) \\<img src=x\\> \\`d\\` \\*e\\* \\\\',
    );
    expect(details.split('\n')).toHaveLength(10);
  });
});

describe('the timeline', () => {
  test('groups by period, and names the stretches without one', () => {
    expect([groupId(view()), groupLabel(view())]).toEqual(['period-0', 'Period 0 until 1 Feb 2027']);
    expect(groupLabel(view({ status: 'trialing', period: null }))).toBe('Trial');
    expect(groupLabel(null)).toBe('Start');
  });

  test('says why a timer runs, and by how much a shared boundary puts off its alarm', () => {
    expect(waitSummary(view(), END)).toBe('Period 0 ends 1 Feb 2027');
    expect(waitSummary(view(), { ...END, jitterMs: 17_204 })).toBe('Period 0 ends 1 Feb 2027, alarm 17.204 s later');
    const clock = { id: 'clk_1', frozenTime: '2027-01-01T00:00:00Z' };
    expect(waitSummary(view({ clock }), END)).toBe('Period 0 ends 1 Feb 2027, by its test clock');
    expect(waitSummary(view(), null)).toBe('Sweep: look for changes');
  });

  test('says what each activity does', () => {
    expect(activitySummary(view(), END)).toBe('Rate period 0 (1 Jan 2027 – 1 Feb 2027)');
    expect(activitySummary(view(), { ...END, kind: 'finalize', periodNumber: 3 })).toBe(
      'Finalize the invoice of period 3',
    );
    expect(activitySummary(view(), { ...END, kind: 'end_grants', at: '2027-01-10T12:00:00.5Z' })).toBe(
      'End credit grants of 10 Jan 2027 12:00:00 UTC',
    );
  });
});

test('the search attributes keep to what visibility in PostgreSQL has room for', () => {
  const counts = new Map<string, number>();
  for (const { type } of Object.values(SEARCH_ATTRIBUTES)) counts.set(type, (counts.get(type) ?? 0) + 1);
  for (const [type, count] of counts) {
    expect([type, count <= (type === SearchAttributeType.KEYWORD ? 10 : 3)]).toEqual([type, true]);
  }
});
