import { subscriptionSteps } from '../../domain/subscription/steps.ts';
import { factsOf, loadCustomerBilling } from './customer-billing.ts';
import type { CommandContext } from './due-steps.ts';
import { finalizeDraft } from './finalize-draft.ts';

/**
 * Makes final what a command has drafted and what is final at once, such as an opening invoice: nothing else of the
 * customer is due, so these are the next, and nobody needs to wait for a turn of the workflow.
 */
export async function finalizeDueDrafts(context: CommandContext, subscriptionId: string): Promise<void> {
  const { tx, customer, now } = context;
  const { tenant } = context.billing;
  for (;;) {
    const billing = await loadCustomerBilling(tx, tenant, customer);
    const subscription = billing.subscriptions.find(({ id }) => id === subscriptionId);
    if (subscription === undefined || subscription.attentionCode !== null) return;
    const steps = subscriptionSteps(factsOf(billing, subscription));
    const step = steps.find((each) => each.kind === 'finalize' && each.at <= now);
    const draft = step?.kind === 'finalize' ? billing.drafts.find(({ id }) => id === step.invoiceId) : undefined;
    if (draft === undefined) return;
    await finalizeDraft(tx, { billing, draft, asOf: now, stampedAt: now });
  }
}
