import type { BilledSubscriber } from './invoice-table.ts';

const LINKS = 3;

/** Up to three subscriptions of different kinds, the given one first, with where their workflows are to be seen. */
export function formatTemporalLinks(first: BilledSubscriber | null, all: readonly BilledSubscriber[]): string {
  const wanted = [
    first,
    all.find((each) => each.customer.plan.model === 'credit'),
    all.find((each) => each.customer.trialEndOn !== null && each !== first),
    ...all,
  ];
  const chosen = [...new Set(wanted.filter((each) => each !== null && each !== undefined))].slice(0, LINKS);
  const lines = chosen.map(({ customer, subscription }) => {
    const trial = customer.trialEndOn === null ? '' : `, trial until ${customer.trialEndOn}`;
    const link = subscription.temporal_url ?? `${subscription.id} (set TEMPORAL_UI_URL for a link)`;
    return `  ${customer.externalId} (${customer.plan.model}${trial})\n  ${link}`;
  });
  return ['In the Temporal UI, each cycle of the year:', ...lines].join('\n');
}
