import { addSeconds, type Instant } from '../../../src/domain/instant.ts';
import { cancelSubscription, uncancelSubscription } from '../../../src/operations/cancel-subscription.ts';
import { changePlan } from '../../../src/operations/change-plan.ts';
import { getSubscription } from '../../../src/operations/get-subscription.ts';
import { pauseSubscription, resumeSubscription } from '../../../src/operations/pause-subscription.ts';
import { type BillingWorld, TEST_TENANT } from '../billing-world.ts';
import { chosen, type SteeringCommand, TICK_SECONDS } from './commands.ts';
import { expectAsPreviewed, previewOf } from './previews.ts';

interface Course {
  readonly subscriptionId: string;
  readonly now: Instant;
  readonly plans: readonly string[];
}

/** Changes the course of a subscription of which nothing is due; returns the status that it has then. */
export async function steer(world: BillingWorld, command: SteeringCommand, course: Course): Promise<string> {
  const { subscriptionId, now } = course;
  const { db } = world;
  const instant = (ticks: number) => ({ instant: addSeconds(now, ticks * TICK_SECONDS) });
  switch (command.kind) {
    case 'cancel': {
      const at = typeof command.at === 'number' ? instant(command.at) : command.at;
      const preview = await previewOf(world, { subscriptionId, at: 'now' });
      const { status } = await cancelSubscription(db, TEST_TENANT, { subscriptionId, at });
      const closing = (await world.invoices(subscriptionId)).findLast(({ kind }) => kind === 'closing');
      if (at === 'now') expectAsPreviewed(closing, preview);
      return status;
    }
    case 'uncancel':
      return (await uncancelSubscription(db, TEST_TENANT, subscriptionId)).status;
    case 'pause': {
      const at = typeof command.at === 'number' ? instant(command.at) : command.at;
      return (await pauseSubscription(db, TEST_TENANT, { subscriptionId, at })).status;
    }
    case 'resume': {
      const at = typeof command.at === 'number' ? instant(command.at) : command.at;
      return (await resumeSubscription(db, TEST_TENANT, { subscriptionId, at })).status;
    }
    case 'change plan': {
      const { at, proration, version: planVersion = null } = command;
      const own = command.plan === 'own' ? await getSubscription(db, TEST_TENANT, subscriptionId) : null;
      const planId = command.plan === 'own' ? (own?.planId ?? '') : (chosen(course.plans, command.plan) ?? '');
      return (await changePlan(db, TEST_TENANT, { subscriptionId, planId, planVersion, at, proration })).status;
    }
  }
}
