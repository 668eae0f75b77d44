import { inParallel } from '../../src/demo/in-parallel.ts';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { formatInstant, type Instant, parseInstant } from '../../src/domain/instant.ts';
import type { BillingPeriod, Charge } from '../../src/domain/plan.ts';
import { createCustomer } from '../../src/operations/create-customer.ts';
import { createPlan } from '../../src/operations/create-plan.ts';
import { createSubscription } from '../../src/operations/create-subscription.ts';
import { eventInput } from '../../src/operations/event-input.ts';
import { ingestEvents } from '../../src/operations/ingest-events.ts';
import { newId } from '../../src/platform/new-id.ts';
import { type Product, TENANT } from './product.ts';

const EVENTS_A_BATCH = 1_000;

/** Both are named when their plan is made. */
const CHARGES: readonly Charge[] = [
  {
    id: '',
    name: null,
    pricingModel: 'flat',
    amount: '20' as DecimalText,
    billIn: 'arrears',
    chargeWhen: 'always',
    eventName: null,
    filters: {},
  },
  {
    id: '',
    name: null,
    pricingModel: 'per_unit',
    unitAmount: '0.10' as DecimalText,
    eventName: 'call',
    aggregation: { type: 'count', property: null },
    filters: {},
    minimumAmount: null,
    maximumAmount: null,
  },
];

export interface Fleet {
  readonly subscriptionIds: readonly string[];
  /** As events name them. */
  readonly customers: readonly string[];
}

/** `2027-01-01T00:00:00Z` as an instant. */
export function at(iso: string): Instant {
  const instant = parseInstant(iso);
  if (instant === null) throw new Error(`not an instant: ${iso}`);
  return instant;
}

/** A plan of a flat fee of 20 and 0.10 a call. */
export async function createBenchPlan(product: Product, billingPeriod: BillingPeriod): Promise<string> {
  const { id } = await createPlan(product.db, TENANT, {
    id: newId('plan'),
    name: 'Bench',
    currency: null,
    billingPeriod,
    intervalCount: 1,
    charges: CHARGES,
    minimumAmount: null,
    newChargeId: () => newId('charge'),
    metadata: {},
  });
  return id;
}

/** `count` customers with a subscription each. */
export async function subscribeFleet(
  product: Product,
  facts: {
    readonly count: number;
    readonly planId: string;
    readonly startAt: Instant;
    /** null: they live by the real time. */
    readonly clockId: string | null;
  },
): Promise<Fleet> {
  const members = Array.from({ length: facts.count }, () => ({
    customer: `bench ${newId('customer')}`,
    subscriptionId: newId('subscription'),
  }));
  await inParallel(members, async ({ customer, subscriptionId }) => {
    await createCustomer(product.db, TENANT, {
      id: newId('customer'),
      externalId: customer,
      name: null,
      email: null,
      currency: null,
      timezone: null,
      address: null,
      taxRateIds: [],
      taxExempt: false,
      testClockId: facts.clockId,
      metadata: '{}',
    });
    await createSubscription(product.db, TENANT, {
      id: subscriptionId,
      customerId: customer,
      planId: facts.planId,
      planVersion: null,
      startDate: { instant: facts.startAt },
      trialEndDate: null,
      metadata: {},
    });
  });
  return {
    subscriptionIds: members.map(({ subscriptionId }) => subscriptionId),
    customers: members.map(({ customer }) => customer),
  };
}

/** One call of each customer at each of the instants. */
export async function sendCalls(product: Product, fleet: Fleet, instants: readonly Instant[]): Promise<void> {
  const items = fleet.customers.flatMap((customer) =>
    instants.map((instant) => {
      const timestamp = formatInstant(instant);
      const sent = {
        event_name: 'call',
        customer_id: customer,
        idempotency_key: `${customer} ${timestamp}`,
        timestamp,
      };
      return { input: eventInput(sent, instant) };
    }),
  );
  for (let start = 0; start < items.length; start += EVENTS_A_BATCH) {
    const batch = items.slice(start, start + EVENTS_A_BATCH);
    await ingestEvents(product.db, TENANT, { items: batch, onError: 'fail' });
  }
}
