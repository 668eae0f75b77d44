import { addDays24h, type Instant, instantFromMicros, minInstant, parseInstant } from '../src/domain/instant.ts';
import { LIMITS } from '../src/domain/limits.ts';
import type { Deadline, SubscriptionRef, SubscriptionView } from '../src/orchestration/messages.ts';

/**
 * Pure: what one run of a subscription workflow remembers, and what it does next. Ids, dates and flags; no amounts.
 * The truth is in PostgreSQL: the view is read anew by every activity.
 */
export interface RunState {
  readonly ref: SubscriptionRef;
  /** Whether it bills the late usage of a subscription that has ended, or is the subscription's own workflow. */
  readonly isLate: boolean;
  readonly view: SubscriptionView | null;
  /** Something may have changed in PostgreSQL: read the view before anything else. */
  readonly stale: boolean;
  readonly triggers: readonly PendingTrigger[];
  readonly triggersSeen: number;
  /** A target for the test clock that an update has asked for. */
  readonly advanceTo: string | null;
  readonly periodsEnded: number;
  /** What an activity could not do; the run waits for a nudge before it tries again. */
  readonly problem: string | null;
  /** The newest problem of this run, over or not, and a refused advance of the clock: for the operator alone. */
  readonly lastProblem: string | null;
}

export interface PendingTrigger {
  readonly ordinal: number;
  readonly reason: string | null;
}

export type Action =
  | { readonly kind: 'load' }
  | { readonly kind: 'trigger'; readonly trigger: PendingTrigger }
  | { readonly kind: 'advance_clock'; readonly frozenTime: string }
  | { readonly kind: 'perform'; readonly deadline: Deadline }
  | { readonly kind: 'complete' }
  | { readonly kind: 'continue_as_new' }
  /** `until` null: only a message wakes it. `deadline` null: the sweep. */
  | { readonly kind: 'wait'; readonly until: Instant | null; readonly deadline: Deadline | null };

export type StateEvent =
  | { readonly kind: 'nudged' }
  | { readonly kind: 'trigger_requested'; readonly reason: string | null }
  | { readonly kind: 'advance_requested'; readonly frozenTime: string }
  | { readonly kind: 'woke' }
  /** What it asks for counts as asked from here on: what comes while it runs is news, and is not lost. */
  | { readonly kind: 'began'; readonly action: Action }
  | { readonly kind: 'viewed'; readonly view: SubscriptionView }
  | { readonly kind: 'performed'; readonly deadline: Deadline; readonly view: SubscriptionView }
  | { readonly kind: 'triggered'; readonly ordinal: number; readonly view: SubscriptionView }
  | { readonly kind: 'advanced'; readonly view: SubscriptionView }
  | { readonly kind: 'failed'; readonly action: Action; readonly message: string };

export function initialState(ref: SubscriptionRef, isLate = false): RunState {
  return {
    ref,
    isLate,
    view: null,
    stale: true,
    triggers: [],
    triggersSeen: 0,
    advanceTo: null,
    periodsEnded: 0,
    problem: null,
    lastProblem: null,
  };
}

/** What Temporal says of the run that it should continue as new for. */
export interface RunAge {
  /** Its history gets long: it continues as soon as no message would be lost, also in the middle of a long past. */
  readonly isLong: boolean;
  /** A newer version of the worker's code is current: it continues on that one, at rest. */
  readonly isOutdated: boolean;
}

const YOUNG: RunAge = { isLong: false, isOutdated: false };

/** What to do now. `now` is the workflow's time; on a test clock only the clock's time counts. */
export function decide(state: RunState, now: Instant, age = YOUNG): Action {
  const { view } = state;
  const deadline = state.problem === null ? deadlinesOf(state)[0] : undefined;
  const mayContinue = view !== null && isLive(state) && state.triggers.length === 0 && !hasNews(state);
  if (mayContinue && age.isLong) return { kind: 'continue_as_new' };
  // On an old view too: the turn looks into PostgreSQL itself and brings a new one, and no flood of messages holds it up.
  if (view !== null && deadline !== undefined && isDue(view, deadline, now)) return { kind: 'perform', deadline };
  if (state.stale) return { kind: 'load' };
  if (view === null) return { kind: 'wait', until: addDays24h(now, LIMITS.sweepDays), deadline: null };
  if (state.advanceTo !== null) return { kind: 'advance_clock', frozenTime: state.advanceTo };
  const [trigger] = state.triggers;
  if (trigger !== undefined && state.problem === null) return { kind: 'trigger', trigger };
  if (!isLive(state)) return { kind: 'complete' };
  // A trigger that waits for a problem to be solved would be forgotten by a new run.
  if (mayContinue && (age.isOutdated || state.periodsEnded >= LIMITS.periodsPerRun)) return { kind: 'continue_as_new' };
  return waitFor(view, deadline ?? null, now);
}

/** What this workflow waits for: late usage is billed by a workflow of its own, and either ends grants. */
export function deadlinesOf({ view, isLate }: RunState): readonly Deadline[] {
  return (view?.deadlines ?? []).filter(({ kind }) => kind === 'end_grants' || (kind === 'bill_late_usage') === isLate);
}

/** Whether its turn may make an invoice: at a start, a trial's end and a resume that is one of flats in advance. */
export function mayBill({ kind }: Deadline): boolean {
  return kind !== 'end_grants' && kind !== 'cancel';
}

function isLive({ view, isLate }: RunState): boolean {
  return isLate ? view?.late === true : view?.live === true;
}

/** The state after something happened; total, so that message handlers can never throw. */
export function apply(state: RunState, event: StateEvent): RunState {
  switch (event.kind) {
    case 'nudged':
      return { ...state, stale: true, problem: null };
    case 'trigger_requested': {
      const trigger = { ordinal: state.triggersSeen, reason: event.reason };
      return { ...state, triggers: [...state.triggers, trigger], triggersSeen: state.triggersSeen + 1, problem: null };
    }
    case 'advance_requested':
      return { ...state, advanceTo: event.frozenTime };
    case 'woke':
      // With nothing due it was the sweep, which looks whether anything changed unnoticed.
      return { ...state, stale: true, problem: null };
    case 'began':
      return afterBeginning(state, event.action);
    case 'viewed':
      return { ...state, view: event.view };
    case 'performed': {
      const ended = event.deadline.kind === 'end_period' ? 1 : 0;
      return { ...state, view: event.view, periodsEnded: state.periodsEnded + ended };
    }
    case 'triggered':
      return { ...state, view: event.view, triggers: state.triggers.filter((each) => each.ordinal !== event.ordinal) };
    case 'advanced':
      return { ...state, view: event.view };
    case 'failed':
      return afterFailure(state, event);
  }
}

function afterBeginning(state: RunState, action: Action): RunState {
  switch (action.kind) {
    case 'load':
    case 'perform':
      return { ...state, stale: false };
    case 'advance_clock':
      return { ...state, advanceTo: null };
    default:
      return state;
  }
}

/** A failure that no retry mends: remember it, and do not ask the same again until somebody nudges. */
function afterFailure(state: RunState, failure: Extract<StateEvent, { kind: 'failed' }>): RunState {
  const problem = failure.message;
  const lastProblem = problem;
  switch (failure.action.kind) {
    case 'trigger': {
      const { ordinal } = failure.action.trigger;
      return { ...state, problem, lastProblem, triggers: state.triggers.filter((each) => each.ordinal !== ordinal) };
    }
    case 'advance_clock':
      return { ...state, problem: null, lastProblem };
    default:
      return { ...state, problem, lastProblem };
  }
}

function isDue(view: SubscriptionView, deadline: Deadline, now: Instant): boolean {
  if (view.clock !== null) return instantOf(deadline.at) <= instantOf(view.clock.frozenTime);
  return wakeAt(deadline) <= now;
}

function waitFor(view: SubscriptionView, deadline: Deadline | null, now: Instant): Action {
  const sweep = addDays24h(now, LIMITS.sweepDays);
  // A test clock's time comes by a nudge, not by a timer.
  if (deadline === null || view.clock !== null) return { kind: 'wait', until: sweep, deadline };
  return { kind: 'wait', until: minInstant(wakeAt(deadline), sweep), deadline };
}

/** When the alarm rings: the deadline and its jitter, in whole milliseconds and never early. */
export function wakeAt(deadline: Deadline): Instant {
  const millis = (instantOf(deadline.at) + 999n) / 1_000n;
  return instantFromMicros((millis + BigInt(deadline.jitterMs)) * 1_000n);
}

export function instantOf(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === null) throw new Error(`not an instant: ${text}`);
  return instant;
}

/** Why the clock cannot be advanced to that time, or null if it can. */
export function refusalToAdvance(state: RunState, frozenTime: unknown): string | null {
  if (state.ref.livemode) return 'Live subscriptions have no test clock.';
  if (state.view === null) return 'The subscription has not been read yet; try again in a second.';
  if (state.view.clock === null) return 'This customer is not on a test clock.';
  const target = typeof frozenTime === 'string' ? parseInstant(frozenTime) : null;
  if (target === null) return 'frozen_time must be an ISO 8601 time with an offset or Z.';
  if (target <= instantOf(state.view.clock.frozenTime)) {
    return `A test clock moves forward only; it is at ${state.view.clock.frozenTime}.`;
  }
  return null;
}

/** Whether a message has come that ends the wait. */
export function hasNews(state: RunState): boolean {
  return state.stale || state.advanceTo !== null || (state.triggers.length > 0 && state.problem === null);
}
