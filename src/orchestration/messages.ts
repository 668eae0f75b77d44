/**
 * The Temporal surface: names and shapes that the workflows, the worker and its clients share. Pure: the workflow
 * bundle imports it. Instants are ISO text; no amounts.
 */

export const SUBSCRIPTION_WORKFLOW = 'subscription';
export const LATE_USAGE_WORKFLOW = 'late-usage';
export const RECONCILE_WORKFLOW = 'reconcile';
export const TASK_QUEUE = 'billing';

export const NUDGE_SIGNAL = 'nudge';
export const INVOICE_TRIGGER_SIGNAL = 'invoice-trigger';
export const ADVANCE_CLOCK_UPDATE = 'advance-clock';
export const STATUS_QUERY = 'status';

/** The id of the workflow that bills what came after a subscription had ended; its own workflow is over by then. */
export function lateUsageWorkflowId(subscriptionId: string): string {
  return `late-${subscriptionId}`;
}

/** Whose workflow that is, if it is one of a subscription. */
export function subscriptionIdOf(workflowId: string): string {
  return workflowId.startsWith('late-') ? workflowId.slice('late-'.length) : workflowId;
}

/** Names one subscription: what every activity of its workflow takes. */
export interface SubscriptionRef {
  readonly accountId: number;
  readonly livemode: boolean;
  readonly subscriptionId: string;
}

/** What a workflow waits for; `at` is an instant of business time. */
export interface Deadline {
  readonly kind:
    | 'start'
    | 'end_trial'
    | 'end_period'
    | 'resume'
    | 'cancel'
    | 'finalize'
    | 'bill_late_usage'
    | 'end_grants';
  readonly at: string;
  /** What its turn carries out: everything up to here. */
  readonly asOf: string;
  /** Of a period's end: the same turn finalizes its invoice. */
  readonly closes: boolean;
  /** The alarm rings this much later, so that many subscriptions with one boundary do not wake at once. */
  readonly jitterMs: number;
  /** For finalize: the period of the draft. */
  readonly periodNumber: number | null;
}

/** What a workflow knows of its subscription: dates and labels, read anew by each activity. */
export interface SubscriptionView {
  readonly status: 'scheduled' | 'trialing' | 'active' | 'paused' | 'canceled';
  /** False once it has ended and its last draft is final: the workflow completes. */
  readonly live: boolean;
  /** It has ended and late usage waits to be billed, by a workflow of its own. */
  readonly late?: boolean;
  readonly customer: string;
  readonly plan: string;
  readonly planName: string;
  readonly period: { readonly number: number; readonly start: string; readonly end: string } | null;
  /** Earliest first. */
  readonly deadlines: readonly Deadline[];
  /** Of the customer's test clock; null on the live path. `frozenTime` is the target while it advances. */
  readonly clock: { readonly id: string; readonly frozenTime: string } | null;
  readonly attention: { readonly code: string; readonly message: string } | null;
  readonly lastInvoice: { readonly id: string; readonly number: string | null; readonly total: string } | null;
  /** Base of links to the API, without a slash at its end; missing or null where the worker does not know it. */
  readonly apiUrl?: string | null;
}

/** What wakes a workflow next, if no message comes before. */
export interface NextWake {
  /** The deadline that it is for; `sweep`: to look whether anything changed unnoticed. */
  readonly reason: Deadline['kind'] | 'sweep';
  /** When: by the test clock where `byTestClock`, whose advance wakes it, else when its timer rings. */
  readonly at: string;
  readonly byTestClock: boolean;
  /** The deadline; the alarm rings `jitterMs` later. Null for the sweep. */
  readonly dueAt: string | null;
  readonly jitterMs: number;
  readonly periodNumber: number | null;
  /** A sentence for the operator. */
  readonly summary: string;
}

/** What the query `status` answers with, as far as others read it. Runs of older code lack what is optional. */
export interface WorkflowStatus {
  readonly view: SubscriptionView | null;
  /** What an activity could not do: the workflow waits for an operator. */
  readonly problem: string | null;
  /** The newest problem of the run, over or not. */
  readonly lastProblem?: string | null;
  /** Null while it does not wait. */
  readonly next?: NextWake | null;
  /** The activity that runs, in words; null while it waits. */
  readonly busyWith?: string | null;
}

/** What an operator does about a subscription that stands still. */
export const WAYS_OUT = {
  attention: 'Mend the cause and call retry on the subscription, or void the draft of that period, which waives it.',
  problem: 'Mend the cause, then call retry on the subscription or send the signal nudge: it tries again.',
} as const;

export interface TurnInput extends SubscriptionRef {
  /** Everything due up to this instant is carried out. */
  readonly asOf: string;
}

export interface TriggerInput extends SubscriptionRef {
  /** `<run id>/<ordinal>`: a retry or replay finds the invoice that the first attempt made. */
  readonly triggerId: string;
  readonly reason: string | null;
}

export interface TriggerResult {
  readonly view: SubscriptionView;
  /** A sentence for the operator. */
  readonly outcome: string;
}

/** The activities of the subscription workflow; each, repeated, finds its work done and returns the same view. */
export interface SubscriptionActivities {
  loadSubscription(input: SubscriptionRef): Promise<SubscriptionView>;
  /** A scheduled subscription starts: its trial, or its first period; or a paused one goes on. */
  openPeriod(input: TurnInput): Promise<SubscriptionView>;
  endTrial(input: TurnInput): Promise<SubscriptionView>;
  /** The period ends: its draft is made, the next period opens. */
  rateUsage(input: TurnInput): Promise<SubscriptionView>;
  finalizeInvoice(input: TurnInput): Promise<SubscriptionView>;
  /** Where no time passes between a period's end and its finalization: rateUsage and finalizeInvoice in one turn. */
  closePeriod(input: TurnInput): Promise<SubscriptionView>;
  /** What came after a subscription had ended is billed on one invoice. */
  billLateUsage(input: TurnInput): Promise<SubscriptionView>;
  endGrants(input: TurnInput): Promise<SubscriptionView>;
  /** A cancellation before the first period takes effect. */
  endSubscription(input: TurnInput): Promise<SubscriptionView>;
  triggerInvoice(input: TriggerInput): Promise<TriggerResult>;
  advanceClock(input: SubscriptionRef & { readonly frozenTime: string }): Promise<SubscriptionView>;
}

/** What a round of the reconciler came to. */
export interface ReconcileResult {
  /** Subscriptions whose step was late, on the page that this round looked at. */
  readonly overdue: number;
  /** Of these, those that were started or nudged. */
  readonly started: number;
  /** Workflows that were found to be missing, and are being started. */
  readonly missing: number;
  /** Running workflows that no subscription asks for, of all rounds; they are only listed. */
  readonly foreign: number;
  readonly waitingNudges: number;
  /** Why workflows could not be compared this time. */
  readonly problem: string | null;
}

export interface ReconcileActivities {
  reconcile(input: { readonly livemode: boolean }): Promise<ReconcileResult>;
}
