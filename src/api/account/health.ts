import { minInstant, formatInstant, type Instant } from '../../domain/instant.ts';
import { type AccountHealth, accountHealth } from '../../operations/account-health.ts';
import type { Tenant } from '../../storage/database.ts';
import type { RoundRow } from '../../storage/reconciler-rounds.ts';
import type { ApiSettings } from '../deps.ts';
import { endpoint, ok, takesNothing } from '../route.ts';
import { temporalUrl } from '../temporal-url.ts';
import { accountExamples } from './examples.ts';
import { accountHealthAnswer } from './health-schemas.ts';

export const accountHealthEndpoint = endpoint({
  method: 'get',
  path: '/account/health',
  role: 'read',
  tag: 'Account',
  summary: 'See whether billing goes on, and what needs a person',
  description:
    'Nudges that wait, steps that are overdue, subscriptions that stand still, workflows that are missing or that nothing asks for, the last round of the reconciler, and whether workers are there: what `durabill doctor` prints. Without Temporal it answers with what the database knows.',
  query: takesNothing,
  body: takesNothing,
  example: accountExamples.health,
  answers: { 200: { description: 'How it is.', schema: accountHealthAnswer } },
  handle: async ({ deps, tenant }) =>
    ok(encodeHealth(deps.settings, tenant, await accountHealth(deps.db, tenant, deps.workflows))),
});

function encodeHealth(settings: ApiSettings, tenant: Tenant, health: AccountHealth) {
  const { pollers, outbox, round } = health;
  const urlOf = (workflowId: string) => temporalUrl(settings, tenant, encodeURIComponent(workflowId));
  return {
    object: 'account_health',
    livemode: tenant.livemode,
    checked_at: formatInstant(health.checkedAt),
    ok: health.problems.length === 0,
    problems: health.problems,
    temporal: {
      reachable: pollers !== null,
      workflow_pollers: pollers?.workflow ?? null,
      activity_pollers: pollers?.activity ?? null,
    },
    reconciler: {
      last_round_at: formatInstant(round?.finishedAt ?? null),
      compared_at: formatInstant(comparedAt(round)),
      problem: round?.problem ?? null,
    },
    outbox: {
      waiting: outbox.waiting,
      reviving: outbox.reviving,
      oldest_at: formatInstant(outbox.oldestAt),
      last_error: outbox.lastError,
    },
    ...encodeSubscriptions(health, urlOf),
    ...encodeWorkflows(health, urlOf),
  };
}

type UrlOf = (workflowId: string) => string | null;

function encodeSubscriptions({ late, stuck, standing }: AccountHealth, urlOf: UrlOf) {
  return {
    overdue: {
      count: late.count,
      stuck,
      subscriptions: late.shown.map((each) => ({
        subscription_id: each.subscriptionId,
        customer_id: each.customerExternalId,
        temporal_url: urlOf(each.subscriptionId),
        due_at: formatInstant(each.dueAt),
        nudged_at: formatInstant(each.nudgedAt),
      })),
    },
    needs_attention: {
      count: standing.count,
      subscriptions: standing.shown.map((each) => ({
        subscription_id: each.subscriptionId,
        customer_id: each.customerExternalId,
        temporal_url: urlOf(each.subscriptionId),
        code: each.code,
        message: each.message,
        since: formatInstant(each.since),
        draft_invoice_id: each.draftInvoiceId,
      })),
    },
  };
}

function encodeWorkflows({ missing, foreign }: AccountHealth, urlOf: UrlOf) {
  return {
    missing_workflows: {
      count: missing.count,
      workflows: missing.shown.map(({ workflowId, subscriptionId, foundAt }) => ({
        workflow_id: workflowId,
        subscription_id: subscriptionId ?? '',
        found_at: formatInstant(foundAt),
      })),
    },
    foreign_workflows: {
      count: foreign.count,
      workflows: foreign.shown.map(({ workflowId, workflowType, reason, startedAt, foundAt }) => ({
        workflow_id: workflowId,
        workflow_type: workflowType ?? '',
        reason: reason ?? 'no_subscription',
        started_at: formatInstant(startedAt),
        found_at: formatInstant(foundAt),
        temporal_url: urlOf(workflowId),
      })),
    },
  };
}

function comparedAt(round: RoundRow | null): Instant | null {
  const { walked, listed } = round ?? { walked: null, listed: null };
  return walked === null || listed === null ? null : minInstant(walked.from, listed.from);
}
