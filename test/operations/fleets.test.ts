import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { carryOutDue } from '../../src/operations/billing/due-steps.ts';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { Database } from '../../src/storage/database.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
  // Else it is a matter of luck when statistics come, and of which tables: a test that needs them makes them.
  await world.db.pool.query(`do $$ declare name regclass; begin
    for name in select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace loop
      execute format('alter table %s set (autovacuum_enabled = false)', name);
    end loop;
  end $$`);
});
afterAll(() => world.drop());

interface Member {
  readonly id: string;
  readonly externalId: string;
}

/** Customers on one clock that stands at 1 January 2027, each with a monthly subscription. */
async function fleet(size: number): Promise<{ clockId: string; members: Member[] }> {
  const clockId = await world.clock('2027-01-01');
  const planId = await world.plan([FEE, CALLS]);
  const members: Member[] = [];
  for (let index = 0; index < size; index += 1) {
    const customer = await world.customer({ clockId });
    await world.subscribe(customer, planId);
    members.push(customer);
  }
  return { clockId, members };
}

describe('the progress of an advance', () => {
  test('moves with the time that its subscriptions have come through, and is full only when nothing is left', async () => {
    const { clockId, members } = await fleet(4);
    const end = '2028-01-01T02:00:00Z';
    const progress = async () => {
      const { status, done, total } = await getTestClock(world.db, TEST_TENANT, clockId);
      return { status, done, total };
    };
    await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at(end) });
    expect(await progress()).toEqual({ status: 'advancing', done: 0, total: 4 });
    for (const member of members) await world.turn(member, '2027-07-15T00:00:00Z');
    expect(await progress()).toEqual({ status: 'advancing', done: 2, total: 4 });
    for (const member of members.slice(1)) await world.turn(member, end);
    const [last] = members;
    if (last === undefined) throw new Error('no member');
    await world.turn(last, '2027-12-15T00:00:00Z');
    expect(await progress()).toEqual({ status: 'advancing', done: 3, total: 4 });
    await world.turn(last, end);
    expect(await progress()).toMatchObject({ done: 4, total: 4 });
    await expectInvariants(world.db);
  });

  test('starts anew with each advance, and counts those alone that have something due', async () => {
    const { clockId, members } = await fleet(2);
    for (const [time, total] of [
      ['2027-01-20', 0],
      ['2027-02-01T02:00:00Z', 2],
      ['2027-04-01T02:00:00Z', 2],
    ] as const) {
      const begun = await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at(time) });
      expect([begun.done, begun.total]).toEqual([0, total]);
      for (const member of members) await world.turn(member, time);
      await world.db.pool.query(`update test_clocks set status = 'ready' where id = '${clockId}'`);
      const done = await getTestClock(world.db, TEST_TENANT, clockId);
      expect([done.done, done.total]).toEqual([total, total]);
    }
  });
});

describe('closing a period', () => {
  /** As a worker's connection is, with a count of what is sent over it. */
  let db: Database;
  let statements = 0;
  beforeEach(() => {
    const options = { applicationName: 'counted', statementTimeoutMs: 20_000, maxConnections: 1, plansOnce: true };
    db = new Database({ url: world.url, ...options });
    db.pool.on('connect', (client) => {
      const send = client.query.bind(client) as (...args: unknown[]) => unknown;
      client.query = ((...args: unknown[]) => {
        statements += 1;
        return send(...args);
      }) as typeof client.query;
    });
  });
  afterEach(() => db.close());

  const close = (member: Member, time: string) =>
    carryOutDue(db, { tenant: TEST_TENANT, customerId: member.id, asOf: at(time) });

  test('takes as many statements in the twelfth month as in the second, and no more than it needs', async () => {
    const { members } = await fleet(1);
    const [member] = members;
    if (member === undefined) throw new Error('no member');
    await close(member, '2027-02-01T02:00:00Z');
    const counts: number[] = [];
    for (let month = 3; month <= 12; month += 1) {
      statements = 0;
      await close(member, `2027-${String(month).padStart(2, '0')}-01T02:00:00Z`);
      counts.push(statements);
    }
    expect(new Set(counts).size).toBe(1);
    // One transaction for both: the period's end, and the finalization that is due by then.
    expect(counts[0]).toBeLessThanOrEqual(36);
  });

  test("reads its own invoices' lines and no others", async () => {
    const { members } = await fleet(12);
    const [member, ...others] = members;
    if (member === undefined) throw new Error('no member');
    await close(member, '2027-02-01T02:00:00Z');
    for (const other of others) await close(other, '2027-12-01T02:00:00Z');
    await db.pool.query('analyze');
    const before = await linesRead();
    await close(member, '2027-03-01T02:00:00Z');
    // The lines of two invoices, a few times; the account has more than two hundred.
    expect((await linesRead()) - before).toBeLessThan(40);
  });

  async function linesRead(): Promise<number> {
    await db.pool.query('select pg_stat_force_next_flush()');
    const { rows } = await db.pool.query<{ read: number }>(
      `select (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_user_tables where relname = 'invoice_lines'`,
    );
    return rows[0]?.read ?? 0;
  }
});
