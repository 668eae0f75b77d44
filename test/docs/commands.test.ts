import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Reply, startTestApi, type TestApi } from '../support/api.ts';
import { ApiWorld, CALLS, FEE } from '../support/api-world.ts';
import { tellRows } from '../support/billing-life/tell-rows.ts';
import { type DocTable, docTables } from '../support/doc-tables.ts';

const BOUNDARY = '2027-02-01T00:00:00Z';
const AHEAD = '2027-06-01T00:00:00Z';
const PAST = '2026-12-01T00:00:00Z';
const MOST = '9'.repeat(30);
const HUGE = {
  pricing_model: 'per_unit',
  event_name: 'huge',
  unit_amount: MOST,
  aggregation: { type: 'sum', property: 'n' },
};

let api: TestApi;
let world: ApiWorld;
let tablesOf: (section: string) => DocTable[];
let plans: { own: string; other: string; weekly: string };
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
  tablesOf = await docTables('docs/commands.md');
  plans = {
    own: await world.plan([FEE, CALLS, HUGE]),
    other: await world.plan(),
    weekly: await world.plan([FEE], { billing_period: 'weekly' }),
  };
  await world.make(`/pricing-plans/${plans.own}/versions`, { charges: [FEE] });
});
afterAll(() => api.close());

interface Subject {
  readonly id: string;
  readonly clock: string;
  readonly customer: string;
}

async function subscribed(fields: object = {}): Promise<Subject> {
  const clock = await world.clock('2027-01-01T00:00:00Z');
  const customer = world.name();
  await world.make('/customers', { external_id: customer, test_clock_id: clock });
  const plan = { plan_id: plans.own, plan_version: 1 };
  const { id } = await world.make('/subscriptions', { customer_id: customer, ...plan, ...fields });
  return { id, clock, customer };
}

const post = ({ id }: Subject, name: string, body: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  api.call('POST', `/subscriptions/${id}/${name}`, body, { headers });

async function use({ customer }: Subject, n: string): Promise<void> {
  const event = { customer_id: customer, event_name: 'huge', timestamp: '2027-01-05T00:00:00Z', properties: { n } };
  for (const each of [1, 2]) await world.make('/events', { ...event, idempotency_key: `${customer} ${n} ${each}` });
}

/** Lets what is due be carried out, as a trigger of any kind does. */
async function turn({ customer }: Subject): Promise<void> {
  const { status, text } = await api.call('POST', '/invoices', { customer_id: customer });
  if (status !== 200 && status !== 201) throw new Error(text);
}

const STATES: Readonly<Record<string, () => Promise<Subject>>> = {
  scheduled: () => subscribed({ start_date: '2027-01-20T00:00:00Z' }),
  trialing: () => subscribed({ trial_end_date: '2027-01-20T00:00:00Z' }),
  active: async () => {
    const subject = await subscribed();
    await world.setClock(subject.clock, '2027-01-11T00:00:00Z');
    return subject;
  },
  paused: async () => {
    const subject = await subscribed();
    await world.setClock(subject.clock, '2027-01-11T00:00:00Z');
    await post(subject, 'pause');
    return subject;
  },
  canceled: async () => {
    const subject = await subscribed();
    await post(subject, 'cancel', { at: 'now' });
    return subject;
  },
  'needs attention': async () => {
    const subject = await subscribed();
    await use(subject, MOST);
    await world.setClock(subject.clock, '2027-02-02T00:00:00Z');
    await turn(subject);
    return subject;
  },
};

type Command = (subject: Subject, headers?: Readonly<Record<string, string>>) => Promise<Reply>;

const command =
  (name: string, body: object = {}): Command =>
  (subject, headers) =>
    post(subject, name, body, headers);
const move = (plan: 'own' | 'other' | 'weekly', fields: object = {}): Command => {
  return (subject, headers) => post(subject, 'change-plan', { plan_id: plans[plan], ...fields }, headers);
};

const COMMANDS: Readonly<Record<string, Command>> = {
  '`cancel` `now`': command('cancel', { at: 'now' }),
  '`cancel` `period_end`': command('cancel', { at: 'period_end' }),
  '`cancel` an instant ahead': command('cancel', { at: AHEAD }),
  '`cancel` an instant past': command('cancel', { at: PAST }),
  '`uncancel`, nothing planned': command('uncancel'),
  '`uncancel` a planned one': command('uncancel'),
  '`pause` `now`': command('pause', { at: 'now' }),
  '`pause` `period_end`': command('pause', { at: 'period_end' }),
  '`pause` an instant ahead': command('pause', { at: AHEAD }),
  '`pause` an instant past': command('pause', { at: PAST }),
  '`resume` `now`': command('resume', { at: 'now' }),
  '`resume` an instant ahead': command('resume', { at: AHEAD }),
  '`resume` an instant past': command('resume', { at: PAST }),
  '`change-plan` `now`': move('other'),
  '`change-plan` `now`, `proration: none`': move('other', { proration: 'none' }),
  '`change-plan` `now`, another interval': move('weekly'),
  '`change-plan` `period_end`': move('other', { at: 'period_end' }),
  '`change-plan` another version': move('own', { plan_version: 2 }),
  '`retry`': command('retry'),
};

/** The subject in a state, with what a row of the tables presumes. */
async function subjectFor(state: string, name: string): Promise<Subject> {
  const subject = await STATES[state]?.();
  if (subject === undefined) throw new Error(`no state ${state}`);
  if (name === '`uncancel` a planned one') await post(subject, 'cancel', { at: AHEAD });
  if (name === '`retry`' && state === 'needs attention') await use(subject, `-${MOST}`);
  return subject;
}

function commandOf(name: string): Command {
  const found = COMMANDS[name];
  if (found === undefined) throw new Error(`no command ${name}`);
  return found;
}

function toldOutcome({ status, body }: Reply): string {
  return `${status} ${status === 200 ? body.status : body.error.code}`;
}

async function rowsOf({ id, customer }: Subject): Promise<string[]> {
  const [row] = await api.call('GET', `/customers/${encodeURIComponent(customer)}`).then(({ body }) => [body.id]);
  return tellRows(api, { customerId: row, subscriptions: [id], grants: [] });
}

test('a subscription begins when docs/commands.md says, for each start and trial, and once for its key', async () => {
  const [table] = tablesOf('Start and trial');
  const given = (text = '') => (text === '–' ? null : text);
  const told: string[][] = [];
  for (const [start = '', trial = ''] of table?.rows ?? []) {
    const clock = await world.clock('2027-03-10T12:00:00Z');
    const customer = world.name();
    await world.make('/customers', { external_id: customer, test_clock_id: clock, timezone: 'Europe/Berlin' });
    const dates = { start_date: given(start), trial_end_date: given(trial) };
    const body = { customer_id: customer, plan_id: plans.own, ...dates };
    const headers = { 'Idempotency-Key': customer };
    const first = await api.call('POST', '/subscriptions', body, { headers });
    if (first.status !== 201) {
      told.push([start, trial, toldOutcome(first), '–']);
      continue;
    }
    expect((await api.call('POST', '/subscriptions', body, { headers })).text).toBe(first.text);
    await world.setClock(clock, '2027-05-20T00:00:00Z');
    await turn({ id: first.body.id, clock, customer });
    const periods = await api.call('GET', `/subscriptions/${first.body.id}/periods`);
    const starts: string[] = periods.body.data.map((period: { start: string }) => period.start);
    told.push([start, trial, `201 ${first.body.status}`, starts.toSorted()[0] ?? 'none']);
    expect(
      (await api.call('GET', `/subscriptions?customer_id=${encodeURIComponent(customer)}`)).body.data,
    ).toHaveLength(1);
  }
  expect(told).toEqual(table?.rows);
}, 180_000);

test('each command answers in each state what docs/commands.md says, and those of a clock that advances are 409', async () => {
  const [table] = tablesOf('By state');
  const [, ...states] = table?.head ?? [];
  expect(states).toEqual(Object.keys(STATES));
  expect(table?.rows.map(([name]) => name)).toEqual(Object.keys(COMMANDS));
  const told: string[][] = [];
  for (const [name = ''] of table?.rows ?? []) {
    const row = [name];
    for (const state of states) {
      const isMeaningless = name === '`uncancel` a planned one' && state === 'canceled';
      row.push(isMeaningless ? '–' : toldOutcome(await commandOf(name)(await subjectFor(state, name))));
    }
    told.push(row);
  }
  expect(told).toEqual(table?.rows);
  const advancing = await STATES.active?.();
  if (advancing === undefined) throw new Error('no subject');
  await api.call('POST', `/test-clocks/${advancing.clock}/advance`, { frozen_time: '2027-03-02T00:00:00Z' });
  for (const each of Object.values(COMMANDS)) {
    expect(toldOutcome(await each(advancing))).toBe('409 test_clock_advancing');
    expect(toldOutcome(await each({ ...advancing, id: 'sub_none' }))).toBe('404 not_found');
  }
}, 180_000);

test('a command that is repeated changes nothing, and with its key it gets the first answer again', async () => {
  for (const { head, rows } of tablesOf('Repeated')) {
    const state = head[0]?.replace('command, ', '') ?? '';
    expect(rows.length).toBeGreaterThan(2);
    for (const [name = '', expected] of rows) {
      const subject = await subjectFor(state, name);
      const key = { 'Idempotency-Key': `${subject.id} ${name}` };
      const first = await commandOf(name)(subject, key);
      expect([name, first.status]).toEqual([name, 200]);
      const left = await rowsOf(subject);
      expect([name, toldOutcome(await commandOf(name)(subject))]).toEqual([name, expected]);
      const again = await commandOf(name)(subject, key);
      expect([again.headers.get('Idempotent-Replayed'), again.text]).toEqual(['true', first.text]);
      expect(await rowsOf(subject)).toEqual(left);
    }
  }
}, 180_000);

type Scene = (subject: Subject, reach: () => Promise<void>) => Promise<unknown>;

const planned = { at: BOUNDARY };
const AT_ONE_INSTANT: Readonly<Record<string, Scene>> = {
  nothing: (_, reach) => reach(),
  '`cancel` `now`': async (subject, reach) => [await reach(), await post(subject, 'cancel', { at: 'now' })],
  '`cancel` planned for it': async (subject, reach) => [await post(subject, 'cancel', planned), await reach()],
  '`cancel` planned for it, and taken back before': async (subject, reach) => {
    await post(subject, 'cancel', planned);
    await post(subject, 'uncancel');
    await reach();
  },
  '`cancel` planned for it, and taken back then': async (subject, reach) => {
    await post(subject, 'cancel', planned);
    await reach();
    expect(toldOutcome(await post(subject, 'uncancel'))).toBe('409 subscription_ended');
  },
  '`pause` `now`': async (subject, reach) => [await reach(), await post(subject, 'pause')],
  '`pause` planned for it': async (subject, reach) => [await post(subject, 'pause', planned), await reach()],
  '`pause` and `cancel` planned for it': async (subject, reach) => {
    await post(subject, 'pause', planned);
    await post(subject, 'cancel', planned);
    await reach();
  },
  '`pause` planned for it, then `resume` `now`': async (subject, reach) => {
    await post(subject, 'pause', planned);
    await reach();
    expect(toldOutcome(await post(subject, 'resume'))).toBe('200 active');
  },
  '`change-plan` `now`': async (subject, reach) => [await reach(), await move('other')(subject)],
  '`change-plan` planned for it': async (subject, reach) => {
    await move('other', { at: 'period_end' })(subject);
    await reach();
  },
  '`change-plan` and `pause` planned for it': async (subject, reach) => {
    await move('other', { at: 'period_end' })(subject);
    await post(subject, 'pause', planned);
    await reach();
  },
  '`change-plan` and `cancel` planned for it': async (subject, reach) => {
    await move('other', { at: 'period_end' })(subject);
    await post(subject, 'cancel', planned);
    await reach();
  },
  'a manual trigger': async ({ id }, reach) => {
    await reach();
    const { status, body } = await api.call('POST', '/invoices', { subscription_id: id });
    expect([status, body.skipped[0].code]).toEqual([200, 'nothing_new']);
  },
};

test('of what falls on one instant the boundary comes first, and of plans for it the cancellation', async () => {
  const [table] = tablesOf('At one instant');
  expect(table?.rows.map(([name]) => name)).toEqual(Object.keys(AT_ONE_INSTANT));
  const told: string[][] = [];
  for (const [name = ''] of table?.rows ?? []) {
    const subject = await subscribed();
    await AT_ONE_INSTANT[name]?.(subject, () => world.setClock(subject.clock, BOUNDARY));
    await turn(subject);
    const { body } = await api.call('GET', `/subscriptions/${subject.id}`);
    const invoices = await api.call('GET', `/invoices?subscription_id=${subject.id}`);
    const reasons: string[] = invoices.body.data
      .filter(({ kind }: { kind: string }) => kind === 'closing')
      .map((each: { period_number: number; billing_reason: string }) => [each.period_number, each.billing_reason])
      .toSorted()
      .map(([, reason]: [number, string]) => reason);
    told.push([name, `${body.status}: ${reasons.join(', ')}`]);
  }
  expect(told).toEqual(table?.rows);
}, 180_000);
