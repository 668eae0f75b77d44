import type { Instant } from '../instant.ts';

/** What can happen to a subscription, each kind once for each time that it happens. */
export const HISTORY_KINDS = [
  'created',
  'trial_started',
  'trial_ended',
  'period_opened',
  'period_closed',
  'invoice_drafted',
  'invoice_finalized',
  'invoice_voided',
  'invoice_reissued',
  'pause_scheduled',
  'pause_withdrawn',
  'paused',
  'resume_scheduled',
  'resumed',
  'cancellation_scheduled',
  'cancellation_withdrawn',
  'canceled',
  'plan_change_scheduled',
  'plan_change_withdrawn',
  'plan_changed',
  'version_moved',
  'needs_attention',
  'retried',
  'waived',
  'clock_deleted',
] as const;
export type HistoryKind = (typeof HISTORY_KINDS)[number];

/**
 * How it came about: its time had come (`timer`), or had come before and was carried out by whoever came by (`catch_up`);
 * somebody asked for it (`command`), or for an invoice (`trigger`).
 */
export const HISTORY_CAUSES = ['timer', 'catch_up', 'command', 'trigger'] as const;
export type HistoryCause = (typeof HISTORY_CAUSES)[number];

export const ACTOR_TYPES = [
  'api_key',
  'subscription_workflow',
  'late_usage_workflow',
  'signal',
  'reconciler',
  'system',
] as const;

/** Who does it: an API key, a workflow by its run (`signal`: because of a message to it), or the product itself. */
export type Actor =
  | { readonly type: 'api_key'; readonly id: string; readonly role: string }
  | {
      readonly type: 'subscription_workflow' | 'late_usage_workflow' | 'signal' | 'reconciler';
      /** The workflow's. */
      readonly id: string;
      readonly runId: string;
    }
  | { readonly type: 'system' };

/** Where nobody is named: scripts and the first start. */
export const SYSTEM: Actor = { type: 'system' };

/**
 * Why a step is carried out whose time was `at`. A workflow's alarm rings for it, but for what was past already when the
 * subscription was made; everybody else finds it overdue.
 */
export function causeOfStep(actor: Actor, step: { readonly at: Instant; readonly createdAt: Instant }): HistoryCause {
  const isAlarm = actor.type === 'subscription_workflow' || actor.type === 'late_usage_workflow';
  return isAlarm && step.at >= step.createdAt ? 'timer' : 'catch_up';
}
