import type { ApiClient } from '../cli/api-client.ts';
import { ApiError } from '../cli/api-error.ts';
import { formatInstant } from '../domain/instant.ts';
import { created, type Subscription, subscription } from './answers.ts';
import { type DemoCompany, demoCompany } from './company/company.ts';
import type { DemoCustomer, DemoInput } from './company/customers.ts';
import type { DemoGrant } from './company/grants.ts';
import { DEMO_PLANS, type DemoPlan } from './company/plans.ts';
import { inParallel } from './in-parallel.ts';

/** A customer as it stands in the product. */
export interface Subscriber {
  readonly customer: DemoCustomer;
  readonly subscription: Subscription;
  readonly grants: readonly { readonly id: string; readonly name: string }[];
}

export interface SetUpCompany {
  readonly company: DemoCompany;
  readonly clockId: string;
  readonly subscribers: readonly Subscriber[];
}

/**
 * Makes a clock, the plans, and the customers with their subscriptions and grants. Earlier runs keep theirs: an
 * external_id is taken for ever, so this run takes the first number whose ids are free.
 */
export async function setUpCompany(client: ApiClient, input: Omit<DemoInput, 'run'>): Promise<SetUpCompany> {
  const { startAt } = demoCompany({ ...input, run: 1 });
  const clockId = await create(client, '/test-clocks', {
    frozen_time: formatInstant(startAt),
    name: `AI-API company, seed ${input.seed}`,
  });
  const company = await claimCustomers(client, { input, clockId });
  const planIds = new Map<DemoPlan, string>();
  for (const plan of DEMO_PLANS) planIds.set(plan, await createPlan(client, plan));
  const subscribers = await inParallel(company.customers, (customer) =>
    subscribe(client, customer, planIds.get(customer.plan) ?? ''),
  );
  return { company, clockId, subscribers };
}

interface Claim {
  readonly input: Omit<DemoInput, 'run'>;
  readonly clockId: string;
}

/** Creating decides whose an id is; the first customer of a run goes ahead, so two runs at once take two numbers. */
async function claimCustomers(client: ApiClient, { input, clockId }: Claim): Promise<DemoCompany> {
  for (let run = 1; ; run += 1) {
    const company = demoCompany({ ...input, run });
    const [first, ...others] = company.customers;
    if (first === undefined) return company;
    try {
      await createCustomer(client, first, clockId);
      await inParallel(others, (customer) => createCustomer(client, customer, clockId));
      return company;
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.code !== 'already_exists') throw error;
    }
  }
}

async function createCustomer(client: ApiClient, customer: DemoCustomer, clockId: string): Promise<void> {
  const { externalId, name, timezone } = customer;
  await create(client, '/customers', {
    external_id: externalId,
    name,
    currency: 'USD',
    timezone,
    test_clock_id: clockId,
  });
}

async function createPlan(client: ApiClient, { name, charges }: DemoPlan): Promise<string> {
  return create(client, '/pricing-plans', { name, currency: 'USD', billing_period: 'monthly', charges });
}

async function subscribe(client: ApiClient, customer: DemoCustomer, planId: string): Promise<Subscriber> {
  const { externalId, startOn, trialEndOn } = customer;
  const value = { customer_id: externalId, plan_id: planId, start_date: startOn, trial_end_date: trialEndOn };
  const made = await client.call({ method: 'POST', path: '/subscriptions', body: { value } }, subscription);
  const grants: { id: string; name: string }[] = [];
  for (const grant of customer.grants) {
    grants.push({ name: grant.name, id: await createGrant(client, externalId, grant) });
  }
  return { customer, subscription: made.value, grants };
}

async function createGrant(client: ApiClient, customerId: string, grant: DemoGrant): Promise<string> {
  const { name, amount, effectiveAt, rollover, expiresInDays, eventNames, priority } = grant;
  return create(client, '/credit-grants', {
    customer_id: customerId,
    name,
    amount,
    effective_at: formatInstant(effectiveAt),
    rollover,
    expires_in_days: expiresInDays,
    event_names: eventNames,
    priority,
  });
}

async function create(client: ApiClient, path: string, value: object): Promise<string> {
  return (await client.call({ method: 'POST', path, body: { value } }, created)).value.id;
}
