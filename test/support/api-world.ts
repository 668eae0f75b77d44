import { sql } from '../../src/storage/sql.ts';
import type { Reply, TestApi } from './api.ts';

/** A usage charge of 0.10 a call, and a flat one of 20.00. */
export const CALLS = { pricing_model: 'per_unit', event_name: 'call', unit_amount: '0.10' };
export const FEE = { pricing_model: 'flat', amount: '20' };

/** What tests of the billing endpoints say in few words, through the API alone but for the hands of a clock. */
export class ApiWorld {
  readonly #api: TestApi;
  #made = 0;

  constructor(api: TestApi) {
    this.#api = api;
  }

  /** The body of a POST that has to succeed with 201. */
  async make(path: string, body: object): Promise<Reply['body']> {
    const reply = await this.#api.call('POST', path, body);
    if (reply.status !== 201) throw new Error(`POST ${path} gave ${reply.status}: ${reply.text}`);
    return reply.body;
  }

  name(): string {
    this.#made += 1;
    return `customer ${this.#made}`;
  }

  async clock(frozenTime: string): Promise<string> {
    return (await this.make('/test-clocks', { frozen_time: frozenTime })).id;
  }

  async plan(charges: readonly object[] = [FEE, CALLS], fields: object = {}): Promise<string> {
    return (await this.make('/pricing-plans', { name: 'p', charges, ...fields })).id;
  }

  /** A customer on a clock of its own with a monthly subscription that starts at the clock's time. */
  async subscribed(start = '2027-01-01T00:00:00Z', fields: object = {}) {
    const clock = await this.clock(start);
    const customer: string = this.name();
    await this.make('/customers', { external_id: customer, test_clock_id: clock });
    const plan = await this.plan();
    const subscription = await this.make('/subscriptions', { customer_id: customer, plan_id: plan, ...fields });
    return { clock, customer, plan, subscription };
  }

  /** Sets a clock without workflows: what is due is done by the next command on its customers. */
  async setClock(clock: string, time: string): Promise<void> {
    await this.#api.db.query(sql`update test_clocks set frozen_at = ${time}::timestamptz where id = ${clock}`);
  }

  async calls(customer: string, timestamp: string, count: number): Promise<void> {
    const events = Array.from({ length: count }, (_, index) => ({
      event_name: 'call',
      customer_id: customer,
      idempotency_key: `${customer} ${timestamp} ${index}`,
      timestamp,
    }));
    const reply = await this.#api.call('POST', '/events/batch', { events });
    if (reply.status !== 200) throw new Error(reply.text);
  }
}
