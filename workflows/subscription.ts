import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  createEventGroup,
  defineQuery,
  defineSignal,
  defineUpdate,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { type Instant, instantFromMicros } from '../src/domain/instant.ts';
import {
  ADVANCE_CLOCK_UPDATE,
  type Deadline,
  INVOICE_TRIGGER_SIGNAL,
  NUDGE_SIGNAL,
  STATUS_QUERY,
  type SubscriptionRef,
  type SubscriptionView,
  type WorkflowStatus,
} from '../src/orchestration/messages.ts';
import { SEARCH_ATTRIBUTES } from '../src/orchestration/search-attributes.ts';
import { subscriptionActivities, type TurnName } from './activities.ts';
import { activitySummary, groupId, groupLabel, waitSummary } from './display.ts';
import { currentDetails } from './details.ts';
import {
  type Action,
  apply,
  deadlinesOf,
  decide,
  hasNews,
  initialState,
  instantOf,
  mayBill,
  refusalToAdvance,
  type RunAge,
  type RunState,
} from './state.ts';
import { statusOf } from './status.ts';

const nudge = defineSignal(NUDGE_SIGNAL);
const invoiceTrigger = defineSignal<[reason?: unknown]>(INVOICE_TRIGGER_SIGNAL);
const advanceClock = defineUpdate<string, [frozenTime: string]>(ADVANCE_CLOCK_UPDATE);
const status = defineQuery<RunState & WorkflowStatus>(STATUS_QUERY);

/** What a run starts from; everything else is read from PostgreSQL. */
export interface SubscriptionInput {
  readonly v: 1;
  readonly ref: SubscriptionRef;
}

/**
 * The alarm clock of one subscription: it sleeps until its next deadline, lets an activity carry it out in
 * PostgreSQL, and reads there what to wait for next. It never fails: what cannot be done waits for an operator.
 */
export async function subscription(input: SubscriptionInput): Promise<string> {
  // A request to cancel the workflow is one click in the UI; the subscription is canceled through the API alone.
  return CancellationScope.nonCancellable(() => live(input, false));
}

/** Bills what came after a subscription had ended, once; it sleeps until the boundary that would have come next. */
export async function lateUsage(input: SubscriptionInput): Promise<string> {
  return CancellationScope.nonCancellable(() => live(input, true));
}

async function live(input: SubscriptionInput, isLate: boolean): Promise<string> {
  let state = initialState(input.ref, isLate);
  let doing: Action | null = null;
  // Registered before the first await, synchronous and total: a throw in a handler would fail or wedge the run.
  setHandler(
    nudge,
    () => {
      state = apply(state, { kind: 'nudged' });
    },
    { description: 'Look into PostgreSQL for changes' },
  );
  setHandler(
    invoiceTrigger,
    (reason) => {
      state = apply(state, { kind: 'trigger_requested', reason: typeof reason === 'string' ? reason : null });
    },
    { description: 'Make an interim invoice of the usage so far; optional reason' },
  );
  setHandler(
    advanceClock,
    (frozenTime) => {
      state = apply(state, { kind: 'advance_requested', frozenTime });
      return `advancing to ${frozenTime}`;
    },
    {
      validator: (frozenTime) => {
        const refusal = refusalToAdvance(state, frozenTime);
        if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal, 'AdvanceRefused');
      },
      description: "Advance the customer's test clock, with all its customers, to an ISO time",
    },
  );
  setHandler(status, () => statusOf(state, doing), {
    description: 'What this subscription waits for, and its last problem',
  });

  let published: string | null = null;
  for (;;) {
    setCurrentDetails(currentDetails(state));
    const action = decide(state, now(), runAge());
    doing = action;
    if (action.kind === 'wait' || action.kind === 'complete') published = publish(state, published);
    switch (action.kind) {
      case 'complete':
        await condition(allHandlersFinished);
        return `ended: ${state.view?.lastInvoice?.number ?? 'no invoice'}`;
      case 'continue_as_new':
        await condition(allHandlersFinished);
        // A message that came in the meantime is carried over as a look into PostgreSQL; triggers are done first.
        if (hasNews(state)) break;
        return continueAsNew({ v: 1, ref: input.ref });
      case 'wait':
        if (await waited(action, () => hasNews(state), state.view)) state = apply(state, { kind: 'woke' });
        break;
      default: {
        state = apply(state, { kind: 'began', action });
        const event = await group(state.view).withScope(() => act(action, state));
        state = apply(state, event);
      }
    }
  }
}

function runAge(): RunAge {
  const { continueAsNewSuggested, targetWorkerDeploymentVersionChanged } = workflowInfo();
  return { isLong: continueAsNewSuggested, isOutdated: targetWorkerDeploymentVersionChanged };
}

/** Of a worker with a version the next run begins on the version that is current by then, and stays on it. */
async function continueAsNew(input: SubscriptionInput): Promise<never> {
  const isVersioned = workflowInfo().currentDeploymentVersion !== undefined;
  const next = makeContinueAsNewFunc<typeof subscription>(
    isVersioned ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {},
  );
  return next(input);
}

/** Waits for the deadline or for news; true when the time has come. */
async function waited(
  action: Extract<Action, { kind: 'wait' }>,
  news: () => boolean,
  view: SubscriptionView | null,
): Promise<boolean> {
  if (action.until === null || view === null) {
    await condition(news);
    return false;
  }
  const millis = Number((action.until - now()) / 1_000n);
  const summary = waitSummary(view, action.deadline);
  return !(await group(view).withScope(() => condition(news, Math.max(1, millis), { summary })));
}

async function act(
  action: Exclude<Action, { kind: 'wait' | 'complete' | 'continue_as_new' }>,
  state: RunState,
): Promise<Parameters<typeof apply>[1]> {
  const { ref, view } = state;
  try {
    switch (action.kind) {
      case 'load':
        return { kind: 'viewed', view: await subscriptionActivities('Read the subscription').loadSubscription(ref) };
      case 'advance_clock': {
        const { frozenTime } = action;
        const activities = subscriptionActivities(`Advance the test clock to ${frozenTime}`);
        return { kind: 'advanced', view: await activities.advanceClock({ ...ref, frozenTime }) };
      }
      case 'trigger': {
        const { ordinal, reason } = action.trigger;
        const triggerId = `${workflowInfo().runId}/${ordinal}`;
        const activities = subscriptionActivities(
          reason === null ? 'Manual invoice' : `Manual invoice: ${reason.slice(0, 80)}`,
        );
        const result = await activities.triggerInvoice({ ...ref, triggerId, reason });
        return { kind: 'triggered', ordinal, view: result.view };
      }
      case 'perform':
        return { kind: 'performed', deadline: action.deadline, view: await perform(ref, view, action.deadline) };
    }
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return { kind: 'failed', action, message: error.cause?.message ?? error.message };
  }
}

async function perform(
  ref: SubscriptionRef,
  view: SubscriptionView | null,
  deadline: Deadline,
): Promise<SubscriptionView> {
  const summary = view === null ? deadline.kind : activitySummary(view, deadline);
  return subscriptionActivities(summary)[turnOf(deadline)]({ ...ref, asOf: deadline.asOf });
}

function turnOf(deadline: Deadline): TurnName {
  switch (deadline.kind) {
    case 'start':
    case 'resume':
      return 'openPeriod';
    case 'end_trial':
      return 'endTrial';
    case 'end_period':
      return deadline.closes ? 'closePeriod' : 'rateUsage';
    case 'finalize':
      return 'finalizeInvoice';
    case 'bill_late_usage':
      return 'billLateUsage';
    case 'end_grants':
      return 'endGrants';
    case 'cancel':
      return 'endSubscription';
  }
}

function group(view: SubscriptionView | null): ReturnType<typeof createEventGroup> {
  return createEventGroup(groupLabel(view), { id: groupId(view) });
}

/** Writes the search attributes when one has changed; returns what is published. */
function publish(state: RunState, published: string | null): string | null {
  const { view } = state;
  if (view === null) return published;
  const deadlines = deadlinesOf(state);
  const [next] = deadlines;
  const bill = deadlines.find(mayBill);
  const needsAttention = view.attention !== null || state.problem !== null;
  const text = JSON.stringify([view.status, view.period, next?.at, bill?.at, needsAttention, view.plan]);
  if (text === published) return published;
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.customerId, value: keyword(view.customer) },
    { key: SEARCH_ATTRIBUTES.planId, value: view.plan },
    { key: SEARCH_ATTRIBUTES.billingStatus, value: view.status },
    { key: SEARCH_ATTRIBUTES.periodNumber, value: view.period?.number ?? null },
    { key: SEARCH_ATTRIBUTES.periodEnd, value: view.period === null ? null : dateOf(view.period.end) },
    { key: SEARCH_ATTRIBUTES.nextWakeAt, value: next === undefined ? null : dateOf(next.at) },
    { key: SEARCH_ATTRIBUTES.nextBillAt, value: bill === undefined ? null : dateOf(bill.at) },
    { key: SEARCH_ATTRIBUTES.needsAttention, value: needsAttention },
  ]);
  return text;
}

/** A keyword has at most 255 characters in PostgreSQL's visibility store; an external id may be longer. */
function keyword(text: string): string {
  return text.slice(0, 255);
}

/** Search attributes take Dates, of milliseconds; nothing is decided by them. */
function dateOf(iso: string): Date {
  return new Date(Number(instantOf(iso) / 1_000n));
}

function now(): Instant {
  return instantFromMicros(BigInt(Date.now()) * 1_000n);
}
