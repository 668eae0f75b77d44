import { earliestOf, formatInstant, type Instant } from '../../domain/instant.ts';
import type { CurrentSubscription, UpcomingPeriod } from '../../operations/get-subscription.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { Tenant } from '../../storage/database.ts';
import type { PeriodRow } from '../../storage/periods.ts';
import type { PlanVersionRef, SubscriptionRow } from '../../storage/subscriptions.ts';
import type { ApiSettings } from '../deps.ts';
import { temporalUrl } from '../temporal-url.ts';

export function encodeSubscription(settings: ApiSettings, tenant: Tenant, current: CurrentSubscription) {
  const { subscription: row, currentPeriod } = current;
  const nextBoundary = nextBoundaryOf(row, currentPeriod);
  return {
    id: row.id,
    object: 'subscription',
    livemode: tenant.livemode,
    created_at: formatInstant(row.createdAt),
    customer_id: row.customerExternalId,
    plan_id: row.planId,
    plan_version: row.planVersion,
    status: row.status,
    start_date: formatInstant(row.startAt),
    trial_end_date: formatInstant(row.trialEndAt),
    current_period:
      currentPeriod === null
        ? null
        : {
            number: currentPeriod.number,
            start: formatInstant(currentPeriod.startAt),
            end: formatInstant(currentPeriod.endAt),
          },
    next_boundary_at: formatInstant(nextBoundary),
    cancel_at: formatInstant(row.cancelAt),
    pause_at: formatInstant(row.pauseAt),
    resume_at: formatInstant(row.resumeAt),
    pending_plan:
      row.pendingPlanId === null ? null : { plan_id: row.pendingPlanId, plan_version: row.pendingPlanVersion },
    ended_at: formatInstant(row.endedAt),
    attention:
      row.attentionCode === null || row.attentionAt === null
        ? null
        : { code: row.attentionCode, message: row.attentionMessage ?? '', at: formatInstant(row.attentionAt) },
    temporal_url: temporalUrl(settings, tenant, row.id),
    metadata: parseExactJson(row.metadata),
  };
}

/** Where its life turns next: the start, the trial's end, the running period's end, the end of a pause; or a cancellation. */
function nextBoundaryOf(row: SubscriptionRow, currentPeriod: PeriodRow | null): Instant | null {
  if (row.status === 'canceled') return null;
  if (row.status === 'paused') return earliestOf(row.resumeAt, row.cancelAt);
  const boundary = row.status === 'scheduled' ? row.startAt : (currentPeriod?.endAt ?? row.anchorAt);
  return earliestOf(boundary, earliestOf(row.cancelAt, row.pauseAt));
}

export function encodePeriod(subscription: SubscriptionRow, period: PeriodRow) {
  const isRunning = subscription.status === 'active' && subscription.currentPeriodNumber === period.number;
  return {
    object: 'period',
    number: period.number,
    start: formatInstant(period.startAt),
    end: formatInstant(period.endAt),
    status: period.status === 'closed' ? 'closed' : isRunning ? 'running' : 'ended',
    plan_id: period.planId,
    plan_version: period.planVersion,
    timezone: period.timezone,
  };
}

export function encodeUpcomingPeriod(plan: PlanVersionRef, timezone: string, period: UpcomingPeriod) {
  return {
    object: 'period',
    number: period.number,
    start: formatInstant(period.startAt),
    end: formatInstant(period.endAt),
    status: 'upcoming',
    plan_id: plan.planId,
    plan_version: plan.planVersion,
    timezone,
  };
}
