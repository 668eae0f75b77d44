import { causeOfStep, type HistoryCause } from '../../domain/subscription/history.ts';
import { Failure } from '../../domain/errors/failure.ts';
import { type Instant, maxInstant } from '../../domain/instant.ts';
import { LIMITS } from '../../domain/limits.ts';
import { customerSteps, type Step } from '../../domain/subscription/steps.ts';
import { type BillingCustomer, lockBillingCustomer, selectDatabaseTime } from '../../storage/billing-customers.ts';
import type { Database, Tenant, Transaction } from '../../storage/database.ts';
import { causedBy } from '../../storage/subscription-history.ts';
import { selectTestClock, shareTestClock } from '../../storage/test-clocks.ts';
import { businessNow } from '../business-time.ts';
import { type CustomerBilling, factsOf, loadCustomerBilling, refreshNextDue } from './customer-billing.ts';
import { finalize, type Leftover, performStep, type Unnumbered } from './perform-step.ts';

/** What a command works with: the customer's row lock is held and nothing that was due is left. */
export interface CommandContext {
  readonly tx: Transaction;
  readonly billing: CustomerBilling;
  readonly customer: BillingCustomer;
  readonly now: Instant;
}

interface CustomerScope {
  readonly tenant: Tenant;
  readonly customerId: string;
}

/**
 * Runs a command of a customer: first everything that is due at or before now, for all its subscriptions in their
 * one order, one transaction each (billing rules 6); then `work`, in a transaction under the same row lock. Throws
 * Failure `test_clock_advancing`, or `catching_up` when more is due than one request carries out.
 */
export async function commandOnCustomer<Result>(
  db: Database,
  scope: CustomerScope,
  work: (context: CommandContext) => Promise<Result>,
): Promise<Result> {
  for (let steps = 0; steps <= LIMITS.stepsPerRequest; steps += 1) {
    const outcome = await db.transaction(async (tx) => {
      // A share of the clock's row: it cannot advance past what this command is about to make due.
      const customer = await lockedCustomer(tx, scope, shareTestClock);
      if (customer.clockStatus === 'advancing') {
        throw new Failure('test_clock_advancing', `Test clock ${customer.testClockId} is advancing.`);
      }
      const now = await businessNow(tx, customer);
      const billing = await loadCustomerBilling(tx, scope.tenant, customer);
      if ((await stepIfDue(tx, billing, now)).step !== null) return null;
      const result = await work({ tx, billing, customer, now });
      await refreshNextDue(tx, scope.tenant, customer);
      return { result };
    });
    if (outcome !== null) return outcome.result;
  }
  throw new Failure('catching_up', 'This customer has many billing steps to catch up on.', { retryAfterSeconds: 5 });
}

/**
 * Carries out what is due for a customer up to `asOf`, a transaction a step (see `stepIfDue`): what timers come to.
 * Repeating it finds nothing left. `afterStep` runs between the transactions, for heartbeats; a throw in it stops the
 * walk. Returns the customer's billing as the last transaction left it.
 */
export async function carryOutDue(
  db: Database,
  scope: CustomerScope & { readonly asOf: Instant },
  afterStep: (step: Step) => void = () => {},
): Promise<CustomerBilling> {
  for (;;) {
    const { billing, step } = await db.transaction(async (tx) => {
      const customer = await lockedCustomer(tx, scope, selectTestClock);
      return stepIfDue(tx, await loadCustomerBilling(tx, scope.tenant, customer), scope.asOf);
    });
    if (step === null) return billing;
    afterStep(step);
    // What the step left is known: no transaction only to find that nothing more is due.
    if (nextStepOf(billing, scope.asOf) === null) return billing;
  }
}

/**
 * The customer under its row lock. What a statement that waited for a lock knows of other rows is as old as its wait, so
 * the clock, which may have advanced or be gone since, is read after.
 */
async function lockedCustomer(
  tx: Transaction,
  scope: CustomerScope,
  readClock: typeof shareTestClock,
): Promise<BillingCustomer> {
  const customer = await lockBillingCustomer(tx, scope.tenant, scope.customerId);
  if (customer === null) throw new Failure('not_found', `No customer ${scope.customerId}.`);
  if (customer.testClockId === null) return customer;
  const clock = await readClock(tx, scope.tenant, customer.testClockId);
  if (clock === null) return { ...customer, clockStatus: 'ready', clockDeleted: true };
  return { ...customer, clockFrozenAt: clock.frozenAt, clockStatus: clock.status, clockDeleted: false };
}

/** The customer's earliest step that is due by then. */
function nextStepOf(billing: CustomerBilling, upTo: Instant): Step | null {
  if (billing.customer.clockDeleted) return null;
  const facts = billing.subscriptions.map((subscription) => factsOf(billing, subscription));
  const [step] = customerSteps(facts, billing.grants);
  return step === undefined || step.at > upTo ? null : step;
}

/**
 * Carries out one step if one is due; a period's end together with the finalization of its draft where that is next and
 * due. Returns the last of them, and the billing as it is then.
 */
async function stepIfDue(
  tx: Transaction,
  billing: CustomerBilling,
  upTo: Instant,
): Promise<{ step: Step | null; billing: CustomerBilling }> {
  const { customer, tenant } = billing;
  const first = nextStepOf(billing, upTo);
  if (first === null) return { step: null, billing };
  const stampedAt = clockInstantOf(first, billing) ?? (await selectDatabaseTime(tx));
  const turn = { step: first, stampedAt };
  const left = await performStep(causedBy(tx, causeOf(first, { tx, billing })), billing, turn);
  const { step, unnumbered } = await finishDraft(tx, { billing, upTo, turn, left });
  const after = await refreshNextDue(tx, tenant, { ...customer, issued: unnumbered?.id ?? null });
  await unnumbered?.numberIt();
  return { step, billing: after };
}

interface Unfinished {
  readonly billing: CustomerBilling;
  readonly upTo: Instant;
  readonly turn: { readonly step: Step; readonly stampedAt: Instant };
  readonly left: Leftover | null;
}

/** A draft without content is made final if that is the customer's next step and due, else it is rated. */
async function finishDraft(
  tx: Transaction,
  { billing, upTo, turn, left }: Unfinished,
): Promise<{ readonly step: Step; readonly unnumbered: Unnumbered | null }> {
  const { step, stampedAt } = turn;
  if (left?.kind !== 'unrated') return { step, unnumbered: left };
  if (left.draft.finalizeAt <= upTo) {
    const { customer, tenant } = billing;
    const after = await loadCustomerBilling(tx, tenant, customer);
    const next = nextStepOf(after, upTo);
    if (next?.kind === 'finalize' && next.invoiceId === left.draft.id) {
      const finalizing = {
        step: next,
        stampedAt: clockInstantOf(next, after) ?? stampedAt,
        // As it would be if the draft had been rated by itself.
        stuckAt: stampedAt,
      };
      const unnumbered = await finalize(causedBy(tx, causeOf(next, { tx, billing: after })), after, finalizing);
      return { step: next, unnumbered };
    }
  }
  await left.rateIt();
  return { step, unnumbered: null };
}

function causeOf(
  step: Step,
  { tx, billing }: { readonly tx: Transaction; readonly billing: CustomerBilling },
): HistoryCause {
  return causeOfStep(tx.actor, { at: step.at, createdAt: subjectOf(step, billing)?.createdAt ?? step.at });
}

/**
 * On a test clock a step happens at its own instant, not at the clock's target, but not before what it is a step of. Null
 * where the customer lives by the real time.
 */
function clockInstantOf(step: Step, billing: CustomerBilling): Instant | null {
  if (billing.customer.clockFrozenAt === null) return null;
  const subject = subjectOf(step, billing);
  return subject === undefined ? step.at : maxInstant(step.at, subject.createdAt);
}

function subjectOf(step: Step, billing: CustomerBilling): { readonly createdAt: Instant } | undefined {
  if (step.kind === 'end_grant') return billing.grants.find((grant) => grant.id === step.grantId);
  return billing.subscriptions.find((subscription) => subscription.id === step.subscriptionId);
}
