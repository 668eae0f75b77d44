import { Failure } from '../domain/errors/failure.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { insertNudges } from '../storage/outbox.ts';
import { noteHistory } from '../storage/subscription-history.ts';
import { markAttention, type SubscriptionRow } from '../storage/subscriptions.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { rateDraftAgain } from './billing/rate-draft.ts';
import { isHeldFor } from './billing/stand-still.ts';
import { businessNow } from './business-time.ts';
import { getCustomerOfSubscription, getSubscription } from './get-subscription.ts';

/**
 * Lets a subscription that stands still try again: its attention is cleared, the draft that could not be rated is rated
 * again, and what is due is carried out, or left to its workflow where that is more than one request does. The answer
 * says so where it needs attention again (billing rules 6).
 *
 * One that does not stand still but has a step overdue, because its workflow is held up by an error or is missing, gets
 * that step done. In any case the workflow is told to look again, which clears a problem that it waits with. Throws
 * Failure `not_found`, `needs_no_attention`, `customer_archived` where its test clock was deleted, and those of
 * `commandOnCustomer`.
 */
export async function retrySubscription(
  db: Database,
  tenant: Tenant,
  { subscriptionId }: { readonly subscriptionId: string },
): Promise<SubscriptionRow> {
  const customer = await getCustomerOfSubscription(db, tenant, subscriptionId);
  const before = await getSubscription(db, tenant, subscriptionId);
  const wasDue = before.nextDueAt !== null && before.nextDueAt <= (await businessNow(db, customer));
  const scope = { tenant, customerId: customer.id };
  const hadAttention = await commandOnCustomer(db, scope, (context) => tryAgain(context, subscriptionId));
  if (!hadAttention && !wasDue) {
    const message = `Subscription ${subscriptionId} does not stand still; its workflow was told to look again.`;
    throw new Failure('needs_no_attention', message);
  }
  if (hadAttention) await commandOnCustomer(db, scope, async () => {}).catch(leaveToWorkflow);
  return getSubscription(db, tenant, subscriptionId);
}

/** Returns whether it stood still. */
async function tryAgain(context: CommandContext, subscriptionId: string): Promise<boolean> {
  const { tx, billing, customer, now } = context;
  const { tenant } = billing;
  const subscription = billing.subscriptions.find(({ id }) => id === subscriptionId);
  if (subscription === undefined) throw new Failure('not_found', `No subscription ${subscriptionId}.`);
  if (customer.clockDeleted) throw new Failure('customer_archived', 'The test clock of this customer was deleted.');
  await insertNudges(tx, tenant, [subscriptionId]);
  const { attentionCode } = subscription;
  if (attentionCode === null) return false;
  await markAttention(tx, { tenant, id: subscriptionId }, null);
  noteHistory(tx, { tenant, id: subscriptionId }, { kind: 'retried', at: now });
  for (const draft of billing.drafts) {
    const isHeld = draft.subscriptionId === subscriptionId && isHeldFor(draft, attentionCode);
    if (isHeld) await rateDraftAgain(tx, { billing, draft, stampedAt: now });
  }
  return true;
}

/** The attention is cleared for good, and the workflow carries out what one request does not. */
function leaveToWorkflow(error: unknown): void {
  const isLeft = error instanceof Failure && (error.code === 'catching_up' || error.code === 'test_clock_advancing');
  if (!isLeft) throw error;
}
