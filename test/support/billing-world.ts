import { type ChargeJson, NO_MODEL_FIELDS } from '../../src/domain/charge-json.ts';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { type Instant, parseInstant } from '../../src/domain/instant.ts';
import { bootstrapAccount } from '../../src/operations/bootstrap-account.ts';
import { carryOutDue } from '../../src/operations/billing/due-steps.ts';
import { changeAccount } from '../../src/operations/change-account.ts';
import { createSubscription } from '../../src/operations/create-subscription.ts';
import { createTaxRate } from '../../src/operations/create-tax-rate.ts';
import { getInvoice, type InvoiceWithLines } from '../../src/operations/get-invoice.ts';
import { grantCredits, type NewGrant } from '../../src/operations/grant-credits.ts';
import { createTestClock } from '../../src/operations/test-clocks.ts';
import { newId, newUuid } from '../../src/platform/new-id.ts';
import type { CreditGrantRow } from '../../src/storage/credit-grants.ts';
import type { Tenant } from '../../src/storage/database.ts';
import { timestamptz } from '../../src/storage/database.ts';
import { sql } from '../../src/storage/sql.ts';
import type { SubscriptionRow } from '../../src/storage/subscriptions.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export const TEST_TENANT: Tenant = { accountId: 1, livemode: false };

export function at(iso: string): Instant {
  const instant = parseInstant(iso.length === 10 ? `${iso}T00:00:00Z` : iso);
  if (instant === null) throw new Error(`not an instant: ${iso}`);
  return instant;
}

/** A charge with every field of the wire shape, those given and null for the rest. */
export function charge(fields: Partial<ChargeJson> & Pick<ChargeJson, 'pricing_model'>): ChargeJson {
  return {
    id: newId('charge'),
    name: null,
    event_name: null,
    aggregation: null,
    filters: {},
    ...NO_MODEL_FIELDS,
    ...fields,
  };
}

export const CALLS = charge({
  pricing_model: 'per_unit',
  event_name: 'call',
  unit_amount: '0.10',
  aggregation: { type: 'count', property: null },
});
export const FEE = charge({ pricing_model: 'flat', amount: '20.00', bill_in: 'arrears', charge_when: 'always' });

/**
 * One database with an account, and what tests of billing need to say in few words. Customers are on a test clock, so
 * no test waits for time.
 */
export class BillingWorld {
  readonly #database: TestDatabase;

  private constructor(database: TestDatabase) {
    this.#database = database;
  }

  static async create(): Promise<BillingWorld> {
    const database = await createTestDatabase();
    await bootstrapAccount(database.db, {});
    return new BillingWorld(database);
  }

  get db() {
    return this.#database.db;
  }

  get url() {
    return this.#database.url;
  }

  async drop(): Promise<void> {
    await this.#database.drop();
  }

  async clock(time: string): Promise<string> {
    return (
      await createTestClock(this.db, TEST_TENANT, {
        id: newId('testClock'),
        name: null,
        frozenAt: at(time),
        metadata: {},
      })
    ).id;
  }

  /** Sets a clock without workflows: the steps are carried out by `turn`. */
  async setClock(clockId: string, time: string): Promise<void> {
    await this.db.query(sql`update test_clocks set frozen_at = ${timestamptz(at(time))} where id = ${clockId}`);
  }

  async customer(facts: {
    readonly clockId?: string | null;
    readonly currency?: string;
    readonly timezone?: string;
    readonly externalId?: string;
  }): Promise<{ id: string; externalId: string }> {
    const id = newId('customer');
    const externalId = facts.externalId ?? `customer-${id.slice(-8)}`;
    await this.db.query(sql`
      insert into customers (account_id, livemode, id, external_id, currency, timezone, test_clock_id, created_at)
      values (1, false, ${id}, ${externalId}, ${facts.currency ?? 'USD'}, ${facts.timezone ?? null},
        ${facts.clockId ?? null}, now())`);
    return { id, externalId };
  }

  async plan(
    charges: readonly ChargeJson[],
    facts: { billingPeriod?: string; intervalCount?: number; currency?: string; minimumAmount?: string | null } = {},
  ): Promise<string> {
    const id = newId('plan');
    await this.db.query(sql`
      insert into plans (account_id, livemode, id, name, currency, billing_period, interval_count, latest_version, created_at)
      values (1, false, ${id}, 'Test plan', ${facts.currency ?? 'USD'}, ${facts.billingPeriod ?? 'monthly'},
        ${facts.intervalCount ?? 1}, 1, now())`);
    await this.db.query(sql`
      insert into plan_versions (account_id, livemode, plan_id, version, charges, minimum_amount, created_at)
      values (1, false, ${id}, 1, ${JSON.stringify(charges)}, ${facts.minimumAmount ?? null}, now())`);
    return id;
  }

  /** A further version of a plan. */
  async version(
    planId: string,
    { charges, minimumAmount }: { readonly charges: readonly ChargeJson[]; readonly minimumAmount: string | null },
  ): Promise<void> {
    await this.db.query(sql`
      with plan as (
        update plans set latest_version = latest_version + 1 where id = ${planId} returning latest_version)
      insert into plan_versions (account_id, livemode, plan_id, version, charges, minimum_amount, created_at)
      select 1, false, ${planId}, latest_version, ${JSON.stringify(charges)}, ${minimumAmount}, now() from plan`);
  }

  async subscribe(
    customer: { readonly externalId: string },
    planId: string,
    dates: { readonly start?: string; readonly trialEnd?: string; readonly planVersion?: number } = {},
  ): Promise<SubscriptionRow> {
    return createSubscription(this.db, TEST_TENANT, {
      id: newId('subscription'),
      customerId: customer.externalId,
      planId,
      planVersion: dates.planVersion ?? null,
      startDate: dates.start === undefined ? null : { instant: at(dates.start) },
      trialEndDate: dates.trialEnd === undefined ? null : { instant: at(dates.trialEnd) },
      metadata: {},
    });
  }

  /** Stores `count` events of one name at one instant. */
  async events(
    customer: { readonly externalId: string },
    facts: { readonly name?: string; readonly time: string; readonly count?: number; readonly properties?: object },
  ): Promise<void> {
    const ids = Array.from({ length: facts.count ?? 1 }, () => newUuid());
    await this.db.query(sql`
      insert into events (account_id, livemode, id, seq, customer_ref, event_name, idempotency_key, event_at, received_at, properties)
      select 1, false, id, nextval('event_seq'), ${customer.externalId}, ${facts.name ?? 'call'}, id::text,
        ${timestamptz(at(facts.time))}, now(), ${JSON.stringify(facts.properties ?? {})}
      from unnest(${ids}::uuid[]) as t (id)`);
  }

  /** A grant that never ends and covers everything, but for the terms given. */
  async grant(
    customer: { readonly externalId: string },
    amount: string,
    terms: Partial<NewGrant> = {},
  ): Promise<CreditGrantRow> {
    return grantCredits(this.db, TEST_TENANT, {
      id: newId('grant'),
      customerId: customer.externalId,
      amount: amount as DecimalText,
      expiresInDays: null,
      rollover: true,
      effectiveAt: null,
      priority: 50,
      eventNames: null,
      subscriptionId: null,
      name: null,
      metadata: {},
      ...terms,
    });
  }

  /** Carries out everything of the customer that is due by then, as its workflows would. */
  async turn(customer: { readonly id: string }, time: string): Promise<void> {
    await carryOutDue(this.db, { tenant: TEST_TENANT, customerId: customer.id, asOf: at(time) });
  }

  async invoices(subscriptionId: string): Promise<InvoiceWithLines[]> {
    const rows = await this.db.query<{ id: string }>(sql`
      select id from invoices where subscription_id = ${subscriptionId} order by period_number, kind desc, sequence`);
    return Promise.all(rows.map((row) => getInvoice(this.db, TEST_TENANT, row.id)));
  }

  /** All customers without rates of their own pay this tax from now on. */
  async taxed(percentage: string, inclusive = false): Promise<void> {
    const id = newId('taxRate');
    const terms = { name: 'VAT', percentage: percentage as DecimalText, inclusive, metadata: '{}' };
    await createTaxRate(this.db, TEST_TENANT, { id, ...terms });
    await changeAccount(this.db, TEST_TENANT, { taxRateIds: [id] });
  }

  async grantBalance(grantId: string): Promise<string> {
    const [row] = await this.db.query<{ balance: string }>(
      sql`select balance from credit_grants where id = ${grantId}`,
    );
    return row?.balance ?? 'missing';
  }

  async entries(grantId: string): Promise<{ kind: string; amount: string }[]> {
    return this.db.query(sql`select kind, amount from credit_entries where grant_id = ${grantId} order by id`);
  }
}
