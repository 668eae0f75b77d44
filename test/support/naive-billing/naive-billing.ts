import {
  DAY,
  type Due,
  HOUR,
  inOrder,
  lifeOf,
  type Micros,
  type NaiveDraft,
  type NaiveGrant,
  type NaiveSubscription,
  newSubscription,
  type Ranked,
} from './naive-model.ts';
import { NAIVE_PLANS, type NaiveCommand, type When } from './naive-commands.ts';

/**
 * One customer's subscriptions told step by step (billing rules 6 and 7), as naively as can be and with no code of the
 * product: what is due is listed, sorted, and the first of it done, one at a time.
 */
export class NaiveBilling {
  now: Micros;
  delay: Micros = HOUR;
  readonly subscriptions: NaiveSubscription[] = [];
  readonly grants: NaiveGrant[] = [];
  drafts: NaiveDraft[] = [];
  readonly final: NaiveDraft[] = [];
  readonly ended: string[] = [];
  readonly done: Due[] = [];
  commands = 0;

  readonly #beforeEach: () => void;

  /** `beforeEach` looks at it before each thing that is done. */
  constructor(now: Micros, beforeEach: () => void = () => {}) {
    this.now = now;
    this.#beforeEach = beforeEach;
  }

  /** Everything that is waited for, the earliest first. */
  due(): Due[] {
    const all: Ranked[] = [];
    for (const subscription of this.subscriptions) {
      if (subscription.standsStill) continue;
      for (const due of this.dueOf(subscription)) {
        all.push({ due, rank: due.what === 'finalize' ? 1 : 0, createdAt: subscription.createdAt });
      }
    }
    for (const { name, createdAt, endsAt } of this.#activeGrants()) {
      all.push({ due: { at: endsAt, what: 'end_grant', name }, rank: 2, createdAt });
    }
    return inOrder(all);
  }

  /** What one subscription waits for by itself: the next turn of its life, and its drafts. */
  dueOf(subscription: NaiveSubscription): Due[] {
    const { name } = subscription;
    const [life] = lifeOf(subscription).toSorted((left, right) => left.at - right.at);
    const drafts = this.drafts.filter((each) => each.subscription === subscription);
    const firstClosing = Math.min(...drafts.filter(({ kind }) => kind === 'closing').map(({ period }) => period));
    return [
      ...(life === undefined ? [] : [life]),
      ...drafts
        .filter(({ kind, period }) => kind === 'opening' || period === firstClosing)
        .map((draft) => ({ at: draft.finalizeAt, what: 'finalize' as const, name, draft })),
    ];
  }

  /** What its workflow waits for: its own, and the customer's next end of a grant. */
  nextOf(subscription: NaiveSubscription): Micros | null {
    if (!this.isLive(subscription)) return null;
    const instants = [
      ...this.dueOf(subscription).map(({ at }) => at),
      ...this.#activeGrants().map((each) => each.endsAt),
    ];
    return instants.length === 0 ? null : Math.min(...instants);
  }

  isLive(subscription: NaiveSubscription): boolean {
    return subscription.status !== 'canceled' || this.drafts.some((draft) => draft.subscription === subscription);
  }

  /** Does everything that is due by then, one after the other. */
  settle(upTo: Micros): void {
    for (let first = this.due()[0]; first !== undefined && first.at <= upTo; first = this.due()[0]) this.#do(first);
  }

  /** Carries out a command after all that is due, and then what it made due; a status, or the code of a refusal. */
  command(command: NaiveCommand, name: string): string {
    const outcome = this.commandAlone(command, name);
    this.settle(this.now);
    return outcome;
  }

  commandAlone(command: NaiveCommand, name: string): string {
    this.settle(this.now);
    this.commands += 1;
    return this.#carryOut(command, name);
  }

  #carryOut(command: NaiveCommand, name: string): string {
    switch (command.kind) {
      case 'subscribe':
        return this.#subscribe(command, name);
      case 'advance':
        this.now += command.hours * HOUR;
        return 'advanced';
      case 'delay':
        this.delay = command.hours * HOUR;
        return 'changed';
      case 'grant':
        this.grants.push({ name, createdAt: this.now, endsAt: this.now + command.days * DAY });
        return 'granted';
      default: {
        const subscription = this.subscriptions[command.pick % Math.max(this.subscriptions.length, 1)];
        return subscription === undefined ? 'none' : this.#steer(subscription, command);
      }
    }
  }

  #subscribe(command: Extract<NaiveCommand, { kind: 'subscribe' }>, name: string): string {
    const { now } = this;
    const startAt = now + (command.start ?? 0) * HOUR;
    const trialEndAt = command.trial === null ? null : now + command.trial * HOUR;
    if (trialEndAt !== null && trialEndAt < startAt) return 'invalid_body';
    const subscription = newSubscription({ name, now, startAt, trialEndAt, plan: command.plan });
    this.subscriptions.push(subscription);
    if (subscription.anchor <= now) this.#open(subscription, subscription.anchor, true);
    return subscription.status;
  }

  #steer(
    subscription: NaiveSubscription,
    command: Exclude<NaiveCommand, { kind: 'subscribe' | 'advance' | 'delay' | 'grant' }>,
  ): string {
    const { now } = this;
    if (command.kind === 'retry') {
      if (!subscription.standsStill) return 'needs_no_attention';
      subscription.standsStill = false;
      subscription.isPoisoned = false;
      this.settle(now);
      return subscription.status;
    }
    if (command.kind === 'poison') {
      const start = subscription.periods.at(-1)?.start ?? now;
      if (subscription.status !== 'active' || subscription.standsStill || start === now) return 'none';
      subscription.isPoisoned = true;
      return 'poisoned';
    }
    if (subscription.standsStill) return 'needs_attention';
    if (subscription.status === 'canceled') return 'subscription_ended';
    const running = subscription.status === 'active' ? subscription.periods.at(-1) : undefined;
    switch (command.kind) {
      case 'uncancel':
        if (subscription.cancelAt === null) return 'not_canceling';
        subscription.cancelAt = null;
        return subscription.status;
      case 'cancel': {
        const end = { scheduled: subscription.startAt, trialing: subscription.anchor, active: running?.end }[
          subscription.status as 'scheduled'
        ];
        const cancelAt = this.#instant(command.at, end ?? now);
        if (cancelAt < now) return 'invalid_body';
        subscription.cancelAt = cancelAt;
        if (cancelAt > now) return subscription.status;
        if (running === undefined) subscription.status = 'canceled';
        else this.#endPeriod(subscription, now);
        return 'canceled';
      }
      case 'pause': {
        if (running === undefined) return 'no_running_period';
        const pauseAt = this.#instant(command.at, running.end);
        if (pauseAt < now) return 'invalid_body';
        subscription.pauseAt = pauseAt;
        subscription.resumeAt = null;
        if (pauseAt <= now) this.#endPeriod(subscription, now);
        return subscription.status;
      }
      case 'resume': {
        const resumeAt = this.#instant(command.at, now);
        if (resumeAt < now) return 'invalid_body';
        if (subscription.status === 'paused') {
          subscription.resumeAt = resumeAt;
          if (resumeAt <= now) this.#resume(subscription, now);
          return subscription.status;
        }
        if (running === undefined || subscription.pauseAt === null || command.at !== 'now') return 'not_paused';
        subscription.pauseAt = null;
        return subscription.status;
      }
      case 'change plan':
        if (command.plan === subscription.plan) subscription.nextPlan = null;
        else if (running === undefined) {
          subscription.plan = command.plan;
          subscription.nextPlan = null;
        } else if (command.at === 'period_end') subscription.nextPlan = command.plan;
        else this.#endPeriod(subscription, now, command.plan);
        return subscription.status;
    }
  }

  #instant(at: When, periodEnd: Micros): Micros {
    if (at === 'now') return this.now;
    return at === 'period_end' ? periodEnd : this.now + at * HOUR;
  }

  #do(due: Due): void {
    this.#beforeEach();
    this.done.push(due);
    if (due.what === 'end_grant') {
      this.ended.push(due.name);
      return;
    }
    if (due.draft !== undefined) {
      this.#finalize(due.draft);
      return;
    }
    const subscription = this.subscriptions.find((each) => each.name === due.name);
    if (subscription === undefined) throw new Error(`nobody is called ${due.name}`);
    switch (due.what) {
      case 'start':
        if (subscription.anchor > subscription.startAt) subscription.status = 'trialing';
        else this.#open(subscription, due.at, true);
        break;
      case 'end_trial':
        this.#open(subscription, due.at, true);
        break;
      case 'cancel':
        subscription.status = 'canceled';
        break;
      case 'resume':
        this.#resume(subscription, due.at);
        break;
      default:
        this.#endPeriod(subscription, due.at);
    }
  }

  /** A later one that had to wait for it is final no earlier. */
  #finalize(draft: NaiveDraft): void {
    this.final.push(draft);
    this.drafts = this.drafts
      .filter((each) => each !== draft)
      .map((each) => {
        const waited = draft.kind === 'closing' && each.kind === 'closing' && each.subscription === draft.subscription;
        return waited ? { ...each, finalizeAt: Math.max(each.finalizeAt, draft.finalizeAt) } : each;
      });
  }

  #endPeriod(subscription: NaiveSubscription, at: Micros, plan = subscription.nextPlan): void {
    const period = subscription.periods.at(-1);
    if (period === undefined) throw new Error(`${subscription.name} has no period`);
    const boundary = period.end;
    period.end = at;
    const finalizeAt = Math.max(at, subscription.createdAt) + this.delay;
    const draft = { subscription, kind: 'closing' as const, period: period.number, finalizeAt };
    const isCut = at < boundary && plan !== subscription.nextPlan;
    if (subscription.cancelAt !== null && subscription.cancelAt <= at) subscription.status = 'canceled';
    else if (subscription.pauseAt !== null && subscription.pauseAt <= at) {
      subscription.status = 'paused';
      subscription.plan = plan ?? subscription.plan;
      subscription.nextPlan = null;
    } else {
      const isLonger = plan !== null && NAIVE_PLANS[plan]?.days !== NAIVE_PLANS[subscription.plan]?.days;
      if (isLonger) subscription.anchor = at;
      subscription.plan = plan ?? subscription.plan;
      subscription.nextPlan = null;
      this.#open(subscription, at, isLonger);
      // The boundary stays where the lengths are the same.
      const next = subscription.periods.at(-1);
      if (isCut && !isLonger && next !== undefined) next.end = boundary;
    }
    this.drafts.push(draft);
    if (subscription.isPoisoned) subscription.standsStill = true;
  }

  #resume(subscription: NaiveSubscription, at: Micros): void {
    subscription.anchor = at;
    subscription.pauseAt = null;
    subscription.resumeAt = null;
    this.#open(subscription, at, true);
  }

  #open(subscription: NaiveSubscription, start: Micros, isNew: boolean): void {
    const plan = NAIVE_PLANS[subscription.plan];
    const length = (plan?.days ?? 0) * DAY;
    let end = subscription.anchor;
    while (end <= start) end += length;
    const number = subscription.periods.length;
    subscription.status = 'active';
    subscription.periods.push({ number, start, end });
    if (!isNew || plan?.hasAdvance !== true) return;
    const finalizeAt = Math.max(start, subscription.createdAt);
    this.drafts.push({ subscription, kind: 'opening', period: number, finalizeAt });
  }

  #activeGrants(): NaiveGrant[] {
    return this.grants.filter(({ name }) => !this.ended.includes(name));
  }
}
