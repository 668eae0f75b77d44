import type { Deadline, SubscriptionView } from '../src/orchestration/messages.ts';

/** Pure: what an operator reads in the Temporal UI. */

/** `1 Jul 2027` or, when it is not midnight UTC, `1 Jul 2027 14:05:09 UTC`. */
export function readableTime(iso: string): string {
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const month = months[Number(iso.slice(5, 7)) - 1] ?? '?';
  const date = `${Number(iso.slice(8, 10))} ${month} ${iso.slice(0, 4)}`;
  const time = iso.slice(11, 19);
  return time === '00:00:00' ? date : `${date} ${time} UTC`;
}

/** The name of a stretch of history: `Period 7 until 1 Jul 2027`. */
export function groupLabel(view: SubscriptionView | null): string {
  if (view === null) return 'Start';
  if (view.period !== null) return `Period ${view.period.number} until ${readableTime(view.period.end)}`;
  switch (view.status) {
    case 'scheduled':
      return 'Scheduled';
    case 'trialing':
      return 'Trial';
    case 'paused':
      return 'Paused';
    default:
      return 'After the last period';
  }
}

export function groupId(view: SubscriptionView | null): string {
  if (view === null) return 'start';
  return view.period === null ? view.status : `period-${view.period.number}`;
}

/** What the deadline's activity does, for the activity's row in the history. */
export function activitySummary(view: SubscriptionView, deadline: Deadline): string {
  const number = deadline.periodNumber ?? view.period?.number ?? 0;
  switch (deadline.kind) {
    case 'start':
      return `Start on ${readableTime(deadline.at)}`;
    case 'end_trial':
      return `End the trial of ${readableTime(deadline.at)}`;
    case 'end_period':
      return `${deadline.closes ? 'Close' : 'Rate'} period ${number} (${readableTime(view.period?.start ?? deadline.at)} – ${readableTime(deadline.at)})`;
    case 'resume':
      return `Resume on ${readableTime(deadline.at)}`;
    case 'finalize':
      return `Finalize the invoice of period ${number}`;
    case 'bill_late_usage':
      return 'Bill the late usage';
    case 'end_grants':
      return `End credit grants of ${readableTime(deadline.at)}`;
    case 'cancel':
      return `Cancel on ${readableTime(deadline.at)}`;
  }
}

/** Why a timer runs, and by how much its alarm is put off so that not all of one instant ring at once. */
export function waitSummary(view: SubscriptionView, deadline: Deadline | null): string {
  if (deadline === null) return 'Sweep: look for changes';
  const reason = `${waitReason(view, deadline)} ${readableTime(deadline.at)}`;
  if (view.clock !== null) return `${reason}, by its test clock`;
  return deadline.jitterMs === 0 ? reason : `${reason}, alarm ${deadline.jitterMs / 1_000} s later`;
}

function waitReason(view: SubscriptionView, deadline: Deadline): string {
  const number = deadline.periodNumber ?? view.period?.number ?? 0;
  switch (deadline.kind) {
    case 'start':
      return 'Starts';
    case 'end_trial':
      return 'Trial ends';
    case 'end_period':
      return `Period ${number} ends`;
    case 'resume':
      return 'Resumes';
    case 'finalize':
      return `Invoice of period ${number} is finalized`;
    case 'bill_late_usage':
      return 'Late usage is billed';
    case 'end_grants':
      return 'Credit grants end';
    case 'cancel':
      return 'Cancellation takes effect';
  }
}
