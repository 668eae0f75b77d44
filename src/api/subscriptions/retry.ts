import { retrySubscription } from '../../operations/retry-subscription.ts';
import { type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { encoded } from './encoded.ts';
import { subscriptionExamples } from './examples.ts';
import { subscriptionAnswer } from './schemas.ts';

export const retrySubscriptionEndpoint: Endpoint = endpoint({
  method: 'post',
  path: '/subscriptions/{id}/retry',
  role: 'admin',
  tag: 'Subscriptions',
  summary: 'Let a subscription that stands still try again',
  description:
    'Rates the draft that could not be rated once more and carries out what is due. Where it still cannot be rated, the answer has its `attention` again.',
  query: takesNothing,
  body: takesNothing,
  example: subscriptionExamples.retry,
  answers: { 200: { description: 'The subscription.', schema: subscriptionAnswer } },
  errors: ['needs_no_attention', 'customer_archived', 'test_clock_advancing', 'catching_up'],
  handle: async (call) =>
    ok(await encoded(call, await retrySubscription(call.deps.db, call.tenant, { subscriptionId: call.id }))),
});
