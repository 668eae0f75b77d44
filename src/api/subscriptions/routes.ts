import { createSubscription } from '../../operations/create-subscription.ts';
import {
  changeSubscriptionMetadata,
  getSubscription,
  listPeriods,
  listSubscriptions,
  withCurrentPeriods,
} from '../../operations/get-subscription.ts';
import { answerAll, answerPage } from '../page.ts';
import { created, type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { encodePeriod, encodeSubscription, encodeUpcomingPeriod } from './codec.ts';
import { encoded } from './encoded.ts';
import { subscriptionExamples } from './examples.ts';
import {
  changeSubscriptionBody,
  createSubscriptionBody,
  listPeriodsQuery,
  listSubscriptionsQuery,
  periodListAnswer,
  subscriptionAnswer,
  subscriptionListAnswer,
} from './schemas.ts';

const tag = 'Subscriptions';
const one = { 200: { description: 'The subscription.', schema: subscriptionAnswer } };

export const subscriptionEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/subscriptions',
    role: 'admin',
    tag,
    summary: 'Subscribe a customer to a plan',
    description: 'Starts its billing: one long-lived workflow, which sleeps until something is due.',
    query: takesNothing,
    body: createSubscriptionBody,
    example: subscriptionExamples.create,
    answers: { 201: { description: 'The new subscription.', schema: subscriptionAnswer } },
    errors: [
      'not_found',
      'currency_mismatch',
      'plan_archived',
      'customer_archived',
      'test_clock_advancing',
      'catching_up',
    ],
    handle: async (call) => {
      const { deps, tenant, body } = call;
      const row = await createSubscription(deps.db, tenant, {
        id: call.newId('subscription'),
        customerId: body.customer_id,
        planId: body.plan_id,
        planVersion: body.plan_version ?? null,
        startDate: body.start_date ?? null,
        trialEndDate: body.trial_end_date ?? null,
        metadata: body.metadata ?? {},
      });
      return created(await encoded(call, row));
    },
  }),
  endpoint({
    method: 'get',
    path: '/subscriptions',
    role: 'read',
    tag,
    summary: 'List subscriptions',
    query: listSubscriptionsQuery,
    body: takesNothing,
    example: subscriptionExamples.list,
    answers: { 200: { description: 'A page of subscriptions, newest first.', schema: subscriptionListAnswer } },
    handle: (call) => {
      const { deps, tenant, query } = call;
      const filters = {
        customerRef: query.customer_id ?? null,
        status: query.status ?? null,
        needsAttention: query.needs_attention ?? null,
      };
      return answerPage(call, {
        select: async (page) => {
          const rows = await listSubscriptions(deps.db, tenant, { ...page, ...filters });
          const currents = await withCurrentPeriods(deps.db, tenant, rows);
          return currents.map((current) => ({
            ...current,
            id: current.subscription.id,
            createdAt: current.subscription.createdAt,
          }));
        },
        encode: (current) => encodeSubscription(deps.settings, tenant, current),
      });
    },
  }),
  endpoint({
    method: 'get',
    path: '/subscriptions/{id}',
    role: 'read',
    tag,
    summary: 'Retrieve a subscription',
    query: takesNothing,
    body: takesNothing,
    example: subscriptionExamples.get,
    answers: one,
    handle: async (call) => ok(await encoded(call, await getSubscription(call.deps.db, call.tenant, call.id))),
  }),
  endpoint({
    method: 'patch',
    path: '/subscriptions/{id}',
    role: 'admin',
    tag,
    summary: "Replace a subscription's metadata",
    query: takesNothing,
    body: changeSubscriptionBody,
    example: subscriptionExamples.change,
    answers: one,
    handle: async (call) => {
      const change = { id: call.id, metadata: call.body.metadata };
      return ok(await encoded(call, await changeSubscriptionMetadata(call.deps.db, call.tenant, change)));
    },
  }),
  endpoint({
    method: 'get',
    path: '/subscriptions/{id}/periods',
    role: 'read',
    tag,
    summary: 'List closed and running periods, and those to come',
    query: listPeriodsQuery,
    body: takesNothing,
    example: subscriptionExamples.listPeriods,
    answers: { 200: { description: 'All periods, in order, on one page.', schema: periodListAnswer } },
    handle: async ({ deps, tenant, id, query }) => {
      const found = await listPeriods(deps.db, tenant, { subscriptionId: id, upcoming: query.upcoming ?? 0 });
      const { subscription } = found;
      return answerAll([
        ...found.periods.map((period) => encodePeriod(subscription, period)),
        ...found.upcoming.map((period) => encodeUpcomingPeriod(found.upcomingPlan, found.timezone, period)),
      ]);
    },
  }),
];
