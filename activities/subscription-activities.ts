import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { formatInstant, type Instant, parseInstant } from '../src/domain/instant.ts';
import { carryOutDue } from '../src/operations/billing/due-steps.ts';
import { getCustomerOfSubscription } from '../src/operations/get-subscription.ts';
import { advanceTestClock, keepPace, settleTestClock } from '../src/operations/test-clocks.ts';
import { triggerInvoice } from '../src/operations/trigger-invoice.ts';
import { overviewOf, type SubscriptionOverview, viewSubscription } from '../src/operations/view-subscription.ts';
import type {
  SubscriptionActivities,
  SubscriptionRef,
  SubscriptionView,
  TriggerInput,
  TurnInput,
} from '../src/orchestration/messages.ts';
import { selectDatabaseTime } from '../src/storage/billing-customers.ts';
import type { ActivityDeps } from './deps.ts';
import { throughDoor } from './door.ts';
import { inNameOfRun } from './in-name-of-run.ts';
import { jitterMsOf } from './jitter.ts';

/** The doors of the subscription workflow: decode, one operation, what to wait for next. */
export function createSubscriptionActivities(deps: ActivityDeps): SubscriptionActivities {
  const turn = (input: TurnInput) => throughDoor((report) => takeTurn(inNameOfRun(deps), { ...input, report }));
  return {
    loadSubscription: (ref) =>
      throughDoor(async () =>
        settled(inNameOfRun(deps), ref, await viewSubscription(deps.db, tenantOf(ref), ref.subscriptionId)),
      ),
    openPeriod: turn,
    endTrial: turn,
    rateUsage: turn,
    finalizeInvoice: turn,
    closePeriod: turn,
    billLateUsage: turn,
    endGrants: turn,
    endSubscription: turn,
    triggerInvoice: (input) => throughDoor(() => trigger(inNameOfRun(deps, 'signal'), input)),
    advanceClock: (input) =>
      throughDoor(async () => {
        const { db } = inNameOfRun(deps);
        const customer = await getCustomerOfSubscription(db, tenantOf(input), input.subscriptionId);
        await keepPace(db, tenantOf(input), customer);
        if (customer.testClockId !== null) {
          const target = { id: customer.testClockId, frozenAt: readInstant(input.frozenTime) };
          await advanceTestClock(db, tenantOf(input), target);
        }
        return viewOf(deps, input);
      }),
  };
}

/**
 * Carries out everything of the customer that is due at the deadline's instant. All turns are this one operation:
 * what is due is decided in PostgreSQL, so a timer and a command can never disagree, and a repeat finds it done.
 */
async function takeTurn(
  deps: ActivityDeps,
  input: TurnInput & { readonly report: (progress: string) => void },
): Promise<SubscriptionView> {
  const tenant = tenantOf(input);
  const asOf = readInstant(input.asOf);
  const customer = await getCustomerOfSubscription(deps.db, tenant, input.subscriptionId);
  if (customer.clockFrozenAt === null) await requireDue(deps, asOf);
  const { cancellationSignal } = Context.current();
  const billing = await carryOutDue(deps.db, { tenant, customerId: customer.id, asOf }, (step) => {
    input.report(`${step.kind} ${formatInstant(step.at)}`);
    cancellationSignal.throwIfAborted();
  });
  return settled(deps, input, await overviewOf(deps.db, billing, input.subscriptionId));
}

/** The database's clock is the authority: an alarm that rang early waits for it, so nothing closes before its end. */
async function requireDue(deps: ActivityDeps, asOf: Instant): Promise<void> {
  const now = await selectDatabaseTime(deps.db);
  if (now >= asOf) return;
  throw ApplicationFailure.create({
    message: `The database's clock is ${formatInstant(now)}, before ${formatInstant(asOf)}.`,
    type: 'not_yet_due',
    nextRetryDelay: Number((asOf - now) / 1_000n) + 1,
  });
}

async function trigger(deps: ActivityDeps, input: TriggerInput) {
  const { subscriptionId, triggerId } = input;
  await keepPace(deps.db, tenantOf(input), await getCustomerOfSubscription(deps.db, tenantOf(input), subscriptionId));
  const result = await triggerInvoice(deps.db, tenantOf(input), { subscriptionId, triggerId });
  const outcome = result.made
    ? `${result.invoice.number ?? result.invoice.id} ${result.invoice.total} ${result.invoice.currency}`
    : `no invoice: ${result.skip.message}`;
  return { view: await viewOf(deps, input), outcome };
}

/** The view, after telling the test clock that this subscription may be the last one it waited for. */
async function settled(
  deps: ActivityDeps,
  ref: SubscriptionRef,
  overview: SubscriptionOverview,
): Promise<SubscriptionView> {
  const { clock, deadlines } = overview;
  // An advance that begins after this was read nudges the workflow, which then looks again.
  const isDone = clock?.isAdvancing === true && !deadlines.some((deadline) => deadline.at <= clock.frozenAt);
  if (isDone) await settleTestClock(deps.db, tenantOf(ref), clock.id);
  return encodeView(deps, ref, overview);
}

async function viewOf(deps: ActivityDeps, ref: SubscriptionRef): Promise<SubscriptionView> {
  const overview = await viewSubscription(deps.db, tenantOf(ref), ref.subscriptionId);
  return encodeView(deps, ref, overview);
}

function encodeView(deps: ActivityDeps, ref: SubscriptionRef, overview: SubscriptionOverview): SubscriptionView {
  const { period, clock } = overview;
  const jitterMs = jitterMsOf(ref.subscriptionId, deps.jitterWindowMs);
  return {
    status: overview.status,
    live: overview.live,
    late: overview.late,
    customer: overview.customerExternalId,
    plan: overview.planId,
    planName: overview.planName,
    period:
      period === null
        ? null
        : { number: period.number, start: formatInstant(period.startAt), end: formatInstant(period.endAt) },
    deadlines: overview.deadlines.map((deadline) => ({
      kind: deadline.kind,
      at: formatInstant(deadline.at),
      asOf: formatInstant(deadline.asOf),
      closes: deadline.closes,
      jitterMs: clock === null && (deadline.kind === 'end_period' || deadline.kind === 'finalize') ? jitterMs : 0,
      periodNumber: deadline.periodNumber,
    })),
    clock: clock === null ? null : { id: clock.id, frozenTime: formatInstant(clock.frozenAt) },
    attention: overview.attention,
    lastInvoice: overview.lastInvoice,
    apiUrl: deps.apiUrl,
  };
}

function tenantOf(ref: SubscriptionRef) {
  return { accountId: ref.accountId, livemode: ref.livemode };
}

function readInstant(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === null) throw ApplicationFailure.nonRetryable(`not an instant: ${text}`, 'invalid_instant');
  return instant;
}
