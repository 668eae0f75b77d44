import { cancelSubscription, uncancelSubscription } from '../../operations/cancel-subscription.ts';
import { changePlan } from '../../operations/change-plan.ts';
import { pauseSubscription, resumeSubscription } from '../../operations/pause-subscription.ts';
import type { ErrorCode } from '../../domain/errors/catalogue.ts';
import { type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { encoded } from './encoded.ts';
import { subscriptionExamples } from './examples.ts';
import {
  cancelSubscriptionBody,
  changePlanBody,
  pauseSubscriptionBody,
  resumeSubscriptionBody,
  subscriptionAnswer,
} from './schemas.ts';

const tag = 'Subscriptions';
const one = { 200: { description: 'The subscription.', schema: subscriptionAnswer } };
/** What any command may be refused for. */
const refusals: readonly ErrorCode[] = ['subscription_ended', 'needs_attention', 'test_clock_advancing', 'catching_up'];

/** What changes the course of a subscription; each first does what is due, then takes effect in the database at once. */
export const subscriptionCommandEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/subscriptions/{id}/cancel',
    role: 'admin',
    tag,
    summary: 'Cancel a subscription',
    description:
      'Now, which cuts the running period and drafts its closing invoice; at the end of the running period; or at an instant.',
    query: takesNothing,
    body: cancelSubscriptionBody,
    example: subscriptionExamples.cancel,
    answers: one,
    errors: refusals,
    handle: async (call) => {
      const command = { subscriptionId: call.id, at: call.body.at };
      return ok(await encoded(call, await cancelSubscription(call.deps.db, call.tenant, command)));
    },
  }),
  endpoint({
    method: 'post',
    path: '/subscriptions/{id}/uncancel',
    role: 'admin',
    tag,
    summary: 'Take a planned cancellation back',
    query: takesNothing,
    body: takesNothing,
    example: subscriptionExamples.uncancel,
    answers: one,
    errors: ['not_canceling', ...refusals],
    handle: async (call) => ok(await encoded(call, await uncancelSubscription(call.deps.db, call.tenant, call.id))),
  }),
  endpoint({
    method: 'post',
    path: '/subscriptions/{id}/pause',
    role: 'admin',
    tag,
    summary: 'Pause a subscription',
    description:
      'Closes the running period as a cancel would: now, at its end, or at an instant. Usage while paused is free; `resume` opens a new period.',
    query: takesNothing,
    body: pauseSubscriptionBody,
    example: subscriptionExamples.pause,
    answers: one,
    errors: ['no_running_period', ...refusals],
    handle: async (call) => {
      const command = { subscriptionId: call.id, at: call.body.at };
      return ok(await encoded(call, await pauseSubscription(call.deps.db, call.tenant, command)));
    },
  }),
  endpoint({
    method: 'post',
    path: '/subscriptions/{id}/resume',
    role: 'admin',
    tag,
    summary: 'Resume a paused subscription',
    description:
      'A new period with a new anchor opens, now or at an instant. Before a planned pause has begun, it is taken back.',
    query: takesNothing,
    body: resumeSubscriptionBody,
    example: subscriptionExamples.resume,
    answers: one,
    errors: ['not_paused', ...refusals],
    handle: async (call) => {
      const command = { subscriptionId: call.id, at: call.body.at };
      return ok(await encoded(call, await resumeSubscription(call.deps.db, call.tenant, command)));
    },
  }),
  endpoint({
    method: 'post',
    path: '/subscriptions/{id}/change-plan',
    role: 'admin',
    tag,
    summary: 'Move a subscription to another plan or version',
    description:
      'Now, which cuts the running period: with the same interval both parts are prorated over the full period around them, else a full first period of the new plan starts. Or with the next period. The plan that it has takes back a planned change.',
    query: takesNothing,
    body: changePlanBody,
    example: subscriptionExamples.changePlan,
    answers: one,
    errors: ['not_found', 'plan_archived', 'currency_mismatch', ...refusals],
    handle: async (call) => {
      const { body } = call;
      const row = await changePlan(call.deps.db, call.tenant, {
        subscriptionId: call.id,
        planId: body.plan_id,
        planVersion: body.plan_version ?? null,
        at: body.at,
        proration: body.proration,
      });
      return ok(await encoded(call, row));
    },
  }),
];
