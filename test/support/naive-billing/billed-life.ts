import { Failure } from '../../../src/domain/errors/failure.ts';
import { addSeconds, formatInstant, type Instant } from '../../../src/domain/instant.ts';
import { cancelSubscription, uncancelSubscription } from '../../../src/operations/cancel-subscription.ts';
import { changePlan } from '../../../src/operations/change-plan.ts';
import { getSubscription } from '../../../src/operations/get-subscription.ts';
import { pauseSubscription, resumeSubscription } from '../../../src/operations/pause-subscription.ts';
import { retrySubscription } from '../../../src/operations/retry-subscription.ts';
import { sql } from '../../../src/storage/sql.ts';
import { type BillingWorld, CALLS, charge, FEE, TEST_TENANT } from '../billing-world.ts';
import { HUGE } from '../unrateable-usage.ts';
import { BEGIN, instant } from './naive-facts.ts';
import { NAIVE_PLANS, type NaiveCommand, type When } from './naive-commands.ts';

type Steering = Exclude<NaiveCommand, { kind: 'subscribe' | 'advance' | 'delay' | 'grant' }>;

/** How much each subscription uses at which instants that cannot be rated. */
interface Billed {
  readonly id: string;
  readonly plans: readonly string[];
  readonly bombName: string;
  bombs: Instant[];
}

/** The same life carried out by the product's operations on PostgreSQL, time set by hand. */
export class BilledLife {
  readonly #world: BillingWorld;
  #now = instant(BEGIN);
  #clockId = '';
  #customer = { id: '', externalId: '' };
  readonly #subscriptions: Billed[] = [];

  private constructor(world: BillingWorld) {
    this.#world = world;
  }

  static async begin(world: BillingWorld): Promise<BilledLife> {
    const life = new BilledLife(world);
    life.#clockId = await world.clock(formatInstant(life.#now));
    life.#customer = await world.customer({ clockId: life.#clockId });
    await life.#command({ kind: 'delay', hours: 1 });
    return life;
  }

  /** What the command comes to: a status, or the code of a refusal. */
  async command(command: NaiveCommand): Promise<string> {
    return this.#command(command).catch((error: unknown) => {
      if (error instanceof Failure) return error.code;
      throw error;
    });
  }

  /** Carries out what is due by now. */
  async settle(): Promise<void> {
    await this.#world.turn(this.#customer, formatInstant(this.#now));
  }

  async #command(command: NaiveCommand): Promise<string> {
    switch (command.kind) {
      case 'subscribe':
        return this.#subscribe(command);
      case 'advance':
        this.#now = this.#after(command.hours);
        await this.#world.setClock(this.#clockId, formatInstant(this.#now));
        return 'advanced';
      case 'delay':
        await this.settle();
        await this.#world.db.query(sql`update accounts set finalization_delay_seconds = ${command.hours * 3_600}`);
        return 'changed';
      case 'grant':
        await this.#world.grant(this.#customer, '1', { expiresInDays: command.days });
        return 'granted';
      default: {
        const billed = this.#subscriptions[command.pick % Math.max(this.#subscriptions.length, 1)];
        return billed === undefined ? 'none' : this.#steer(billed, command);
      }
    }
  }

  async #subscribe(command: Extract<NaiveCommand, { kind: 'subscribe' }>): Promise<string> {
    const bombName = `bomb ${this.#subscriptions.length}`;
    const bomb = charge({ ...HUGE, event_name: bombName });
    const plans: string[] = [];
    for (const { days, hasAdvance } of NAIVE_PLANS) {
      const seat = charge({ ...FEE, bill_in: 'advance' });
      const charges = hasAdvance ? [seat, bomb] : [CALLS, bomb];
      plans.push(await this.#world.plan(charges, { billingPeriod: 'daily', intervalCount: days }));
    }
    const { id, status } = await this.#world.subscribe(this.#customer, plans[command.plan] ?? '', {
      start: formatInstant(this.#after(command.start ?? 0)),
      ...(command.trial === null ? {} : { trialEnd: formatInstant(this.#after(command.trial)) }),
    });
    this.#subscriptions.push({ id, plans, bombName, bombs: [] });
    return status;
  }

  async #steer(billed: Billed, command: Steering): Promise<string> {
    const { id: subscriptionId, plans } = billed;
    const { db } = this.#world;
    switch (command.kind) {
      case 'cancel':
        return (await cancelSubscription(db, TEST_TENANT, { subscriptionId, at: this.#when(command.at) })).status;
      case 'uncancel':
        return (await uncancelSubscription(db, TEST_TENANT, subscriptionId)).status;
      case 'pause':
        return (await pauseSubscription(db, TEST_TENANT, { subscriptionId, at: this.#when(command.at) })).status;
      case 'resume': {
        const at = command.at === 'now' ? command.at : { instant: this.#after(command.at) };
        return (await resumeSubscription(db, TEST_TENANT, { subscriptionId, at })).status;
      }
      case 'change plan': {
        const planId = plans[command.plan] ?? '';
        const change = { subscriptionId, planId, planVersion: null, at: command.at, proration: 'by_time' as const };
        return (await changePlan(db, TEST_TENANT, change)).status;
      }
      case 'poison':
        return this.#poison(billed);
      case 'retry':
        return this.#retry(billed);
    }
  }

  /** Two of the largest numbers at the instant at which the running period began. */
  async #poison(billed: Billed): Promise<string> {
    await this.settle();
    const { status, currentPeriodNumber, attentionCode } = await this.#row(billed);
    if (status !== 'active' || attentionCode !== null) return 'none';
    const period = (await this.#periods(billed)).find(({ number }) => number === currentPeriodNumber);
    if (period === undefined || period.startAt === this.#now) return 'none';
    billed.bombs.push(period.startAt);
    await this.#use(billed, period.startAt, '9'.repeat(30));
    return 'poisoned';
  }

  async #retry(billed: Billed): Promise<string> {
    await this.settle();
    const { attentionCode } = await this.#row(billed);
    if (attentionCode !== null) {
      for (const at of billed.bombs) await this.#use(billed, at, `-${'9'.repeat(30)}`);
      billed.bombs = [];
    }
    return (await retrySubscription(this.#world.db, TEST_TENANT, { subscriptionId: billed.id })).status;
  }

  async #use({ bombName }: Billed, at: Instant, n: string): Promise<void> {
    await this.#world.events(this.#customer, { name: bombName, time: formatInstant(at), count: 2, properties: { n } });
  }

  #row({ id }: Billed) {
    return getSubscription(this.#world.db, TEST_TENANT, id);
  }

  #periods({ id }: Billed): Promise<{ number: number; startAt: Instant; endAt: Instant }[]> {
    return this.#world.db.query(sql`
      select number, start_at as "startAt", end_at as "endAt" from periods where subscription_id = ${id} order by number`);
  }

  #after(hours: number): Instant {
    return addSeconds(this.#now, hours * 3_600);
  }

  #when(at: When) {
    return typeof at === 'number' ? { instant: this.#after(at) } : at;
  }

  /** Where each subscription stands, its periods, drafts and invoices, and which grants have ended. */
  async tell(): Promise<unknown> {
    const told: unknown[] = [];
    for (const billed of this.#subscriptions) {
      const row = await this.#row(billed);
      const invoices = await this.#world.invoices(billed.id);
      told.push({
        status: row.status,
        plan: billed.plans.indexOf(row.planId),
        nextPlan: row.pendingPlanId === null ? null : billed.plans.indexOf(row.pendingPlanId),
        at: [row.cancelAt, row.pauseAt, row.resumeAt].map(formatInstant),
        standsStill: row.attentionCode !== null,
        next: formatInstant(row.nextDueAt),
        periods: (await this.#periods(billed)).map(
          ({ number, startAt, endAt }) => `${number} ${formatInstant(startAt)} ${formatInstant(endAt)}`,
        ),
        drafts: invoices
          .filter(({ status }) => status === 'draft')
          .map(({ kind, periodNumber, finalizeAt }) => `${kind} ${periodNumber} ${formatInstant(finalizeAt)}`)
          .toSorted(),
        final: invoices
          .filter(({ status }) => status !== 'draft')
          .map(({ kind, periodNumber, finalizeAt }) => `${kind} ${periodNumber} ${formatInstant(finalizeAt)}`)
          .toSorted(),
      });
    }
    const [ended] = await this.#world.db.query<{ count: string }>(
      sql`select count(*)::text from credit_grants where customer_id = ${this.#customer.id} and status = 'ended'`,
    );
    return { told, endedGrants: Number(ended?.count) };
  }
}
