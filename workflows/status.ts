import { formatInstant } from '../src/domain/instant.ts';
import type { NextWake, WorkflowStatus } from '../src/orchestration/messages.ts';
import { activitySummary, waitSummary } from './display.ts';
import { type Action, type RunState, wakeAt } from './state.ts';

/** Pure: what the query `status` answers with: all that the run remembers, what it waits for, or what it does. */
export function statusOf(state: RunState, doing: Action | null): RunState & WorkflowStatus {
  return { ...state, next: doing?.kind === 'wait' ? nextWake(state, doing) : null, busyWith: busyWith(state, doing) };
}

function nextWake({ view }: RunState, { until, deadline }: Extract<Action, { kind: 'wait' }>): NextWake | null {
  if (view === null || until === null) return null;
  const byTestClock = view.clock !== null;
  // A deadline that lies behind the sweep is not what wakes it next.
  if (deadline === null || (!byTestClock && until < wakeAt(deadline))) {
    const sweep = { dueAt: null, jitterMs: 0, periodNumber: null, summary: waitSummary(view, null) };
    return { reason: 'sweep', at: formatInstant(until), byTestClock: false, ...sweep };
  }
  const { kind: reason, at: dueAt, jitterMs, periodNumber } = deadline;
  const at = byTestClock ? dueAt : formatInstant(until);
  return { reason, at, byTestClock, dueAt, jitterMs, periodNumber, summary: waitSummary(view, deadline) };
}

function busyWith({ view }: RunState, doing: Action | null): string | null {
  switch (doing?.kind) {
    case 'load':
      return 'Read the subscription';
    case 'perform':
      return view === null ? doing.deadline.kind : activitySummary(view, doing.deadline);
    case 'trigger':
      return 'Manual invoice';
    case 'advance_clock':
      return `Advance the test clock to ${doing.frozenTime}`;
    default:
      return null;
  }
}
