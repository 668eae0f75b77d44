import type { ExpectedWorkflows } from '../../storage/expected-workflows.ts';
import { lateUsageWorkflowId } from '../messages.ts';

/** The ids of the workflows that a subscription is to have at work. */
export function expectedIds({ subscriptionId, isLive, isLate }: ExpectedWorkflows): string[] {
  return [...(isLive ? [subscriptionId] : []), ...(isLate ? [lateUsageWorkflowId(subscriptionId)] : [])];
}
