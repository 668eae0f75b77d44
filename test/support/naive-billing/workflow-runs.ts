import { addDays24h, addSeconds, formatInstant, type Instant } from '../../../src/domain/instant.ts';
import { LIMITS } from '../../../src/domain/limits.ts';
import type { SubscriptionView } from '../../../src/orchestration/messages.ts';
import {
  type Action,
  apply,
  decide,
  hasNews,
  initialState,
  instantOf,
  type RunState,
  type StateEvent,
} from '../../../workflows/state.ts';
import { NaiveBilling } from './naive-billing.ts';
import type { NaiveCommand } from './naive-commands.ts';
import { BEGIN, instant } from './naive-facts.ts';
import type { NaiveSubscription } from './naive-model.ts';
import { viewOf } from './naive-view.ts';

/** What goes on around a command. */
export interface Surroundings {
  /** How often the nudge that a command sends is lost, late or in time. */
  readonly nudge: 'in time' | 'late' | 'lost' | 'twice';
  /** A manual trigger of the subscription that was made last. */
  readonly trigger: boolean;
  /** The next activity of each workflow fails for good. */
  readonly fails: boolean;
  /** A newer version of the workers is current from here on. */
  readonly outdated: boolean;
}

export type Wait = Extract<Action, { kind: 'wait' }>;

export interface Workflow {
  readonly name: string;
  readonly jitterMs: number;
  state: RunState;
  /** Actions since the run began. */
  actions: number;
  isOutdated: boolean;
  fails: boolean;
  /** What failed, until a message comes. */
  failed: Action['kind'] | null;
  triggers: number;
  wait: Wait | null;
  /** When it began to wait. */
  since: Instant;
  /** How many things had been done when its view was read. */
  seen: number;
  isOver: boolean;
}

const LONG_RUN = 40;
/** How soon a workflow that is overdue is told so. */
const RECONCILED_AFTER = 150;
const NO_REST = 300;

/**
 * The workflows of one customer, each `decide` and `apply` of the product, around the naive books: time goes from
 * alarm to alarm and from command to command. An activity carries out what is due by its deadline, for the whole
 * customer, as the product's do.
 */
export class WorkflowRuns {
  readonly books: NaiveBilling;
  readonly #look: (workflow: Workflow, wait: Wait) => void;
  readonly #workflows: Workflow[] = [];
  readonly onClock: boolean;
  #now = instant(BEGIN);
  triggersSent = 0;

  /**
   * `look` is shown each wait of a workflow that has seen all there is. On a test clock no time passes for the workflows:
   * whom an advance concerns is nudged.
   */
  constructor(look: (workflow: Workflow, wait: Wait) => void, onClock: boolean) {
    this.books = new NaiveBilling(BEGIN);
    this.#look = look;
    this.onClock = onClock;
  }

  get now(): Instant {
    return this.#now;
  }

  get triggersDone(): number {
    return this.#workflows.reduce((sum, each) => sum + each.triggers, 0);
  }

  get stillRunning(): string[] {
    return this.#workflows.filter(({ isOver }) => !isOver).map(({ name }) => name);
  }

  /** Workflows look for changes, and the grants of a customer who has none left end, as in the product. */
  sweep(): void {
    this.books.settle(this.books.now);
    for (const workflow of this.#workflows) {
      this.#send(workflow, { kind: 'woke' });
      this.#rest(workflow);
    }
  }

  command(command: NaiveCommand, name: string, around: Surroundings): void {
    if (command.kind === 'advance') return this.#advance(command.hours * 3_600);
    // What it makes due is for the workflows.
    this.books.commandAlone(command, name);
    const last = this.books.subscriptions.at(-1);
    for (const { name: each } of this.books.subscriptions) if (this.#workflow(each) === undefined) this.#start(each);
    for (const workflow of this.#workflows) {
      workflow.isOutdated ||= around.outdated;
      workflow.fails ||= around.fails;
      if (around.nudge !== 'lost') this.#send(workflow, { kind: 'nudged' });
      if (around.nudge === 'late') this.#rest(workflow);
      if (around.nudge === 'twice') this.#send(workflow, { kind: 'nudged' });
    }
    const target = this.#workflow(last?.name ?? '');
    if (around.trigger && target !== undefined && !target.isOver) {
      this.triggersSent += 1;
      this.#send(target, { kind: 'trigger_requested', reason: null });
    }
    for (const workflow of this.#workflows) this.#rest(workflow);
  }

  /** How much has happened in the books. */
  #changes(): number {
    return this.books.commands + this.books.done.length;
  }

  #workflow(name: string): Workflow | undefined {
    return this.#workflows.find((each) => each.name === name);
  }

  #start(name: string): void {
    const jitterMs = (this.#workflows.length * 700) % 2_000;
    const state = initialState({ accountId: 1, livemode: true, subscriptionId: name });
    const blank = {
      actions: 0,
      isOutdated: false,
      fails: false,
      failed: null,
      triggers: 0,
      wait: null,
      since: this.#now,
      seen: -1,
      isOver: false,
    };
    this.#workflows.push({ name, jitterMs, state, ...blank });
  }

  #send(workflow: Workflow, message: StateEvent): void {
    workflow.failed = null;
    if (!workflow.isOver) workflow.state = apply(workflow.state, message);
  }

  #advance(seconds: number): void {
    if (!this.onClock) this.#passUntil(addSeconds(this.#now, seconds));
    this.books.now += seconds * 1_000_000;
    if (!this.onClock) return;
    // One whose activity fails is nudged again.
    for (let again = 0; again < 3; again += 1) {
      for (const workflow of this.#workflows) {
        const subscription = this.#subscription(workflow);
        const next = subscription.standsStill ? null : this.books.nextOf(subscription);
        if (next === null || next > this.books.now) continue;
        this.#send(workflow, { kind: 'nudged' });
        this.#rest(workflow);
      }
    }
  }

  /** From alarm to alarm, each workflow until it waits. */
  #passUntil(target: Instant): void {
    for (let rings = 0; ; rings += 1) {
      if (rings > NO_REST * 10) throw new Error(`alarms ring without end at ${formatInstant(this.#now)}`);
      const alarms = this.#workflows.flatMap(({ isOver, wait }) => (isOver || wait?.until == null ? [] : [wait.until]));
      const next = [...alarms, ...this.#overdue()].reduce((least, each) => (each < least ? each : least), target);
      if (next < this.#now) throw new Error(`an alarm in the past: ${formatInstant(next)}`);
      this.#now = next;
      for (const workflow of this.#workflows) this.#ring(workflow);
      if (next >= target) return;
    }
  }

  #ring(workflow: Workflow): void {
    const { wait, fails, since } = workflow;
    const isDue = wait?.until != null && wait.until <= this.#now;
    const before = this.#changes();
    const sees = workflow.seen === before && workflow.state.problem === null && !fails;
    if (isDue) this.#send(workflow, { kind: 'woke' });
    if (this.#isOverdue(workflow)) this.#send(workflow, { kind: 'nudged' });
    if (isDue || hasNews(workflow.state)) this.#rest(workflow);
    const isIdle = isDue && sees && wait.deadline !== null && wait.until < addDays24h(since, LIMITS.sweepDays);
    if (isIdle && this.#changes() === before) throw new Error(`${workflow.name} woke for nothing`);
  }

  /** When the reconciler finds those whose next step is long due. */
  #overdue(): Instant[] {
    return this.#workflows.flatMap((workflow) => {
      const at = this.#reconciledAt(workflow);
      return at === null ? [] : [at > this.#now ? at : this.#now];
    });
  }

  #isOverdue(workflow: Workflow): boolean {
    const at = this.#reconciledAt(workflow);
    return at !== null && at <= this.#now;
  }

  #reconciledAt(workflow: Workflow): Instant | null {
    const subscription = this.#subscription(workflow);
    const next = subscription.standsStill ? null : this.books.nextOf(subscription);
    return next === null ? null : addSeconds(instant(next), RECONCILED_AFTER);
  }

  #subscription({ name }: Workflow): NaiveSubscription {
    const subscription = this.books.subscriptions.find((each) => each.name === name);
    if (subscription === undefined) throw new Error(`no subscription ${name}`);
    return subscription;
  }

  /** Lets it act until it waits or is over. */
  #rest(workflow: Workflow): void {
    for (let actions = 0; !workflow.isOver; actions += 1) {
      if (actions > NO_REST)
        throw new Error(`${workflow.name} comes to no rest: ${JSON.stringify(workflow.state.view)}`);
      const age = { isLong: workflow.actions > LONG_RUN, isOutdated: workflow.isOutdated };
      const action = decide(workflow.state, this.#now, age);
      workflow.actions += 1;
      if (action.kind === 'complete') {
        workflow.isOver = true;
        workflow.wait = null;
      } else if (action.kind === 'continue_as_new') {
        if (hasNews(workflow.state) || workflow.state.triggers.length > 0)
          throw new Error('a new run forgets a message');
        workflow.state = initialState(workflow.state.ref);
        workflow.failed = null;
        workflow.actions = 0;
        workflow.isOutdated = false;
      } else if (action.kind === 'wait') {
        workflow.wait = action;
        workflow.since = this.#now;
        if (workflow.seen === this.#changes() && workflow.state.problem === null) this.#look(workflow, action);
        return;
      } else {
        workflow.state = apply(apply(workflow.state, { kind: 'began', action }), this.#act(workflow, action));
      }
    }
  }

  #act(workflow: Workflow, action: Exclude<Action, { kind: 'wait' | 'complete' | 'continue_as_new' }>): StateEvent {
    if (workflow.failed === action.kind) throw new Error(`${action.kind} is tried again at once`);
    if (workflow.fails) {
      workflow.fails = false;
      workflow.failed = action.kind;
      if (action.kind === 'trigger') workflow.triggers += 1;
      return { kind: 'failed', action, message: 'It fails.' };
    }
    switch (action.kind) {
      case 'load':
        return { kind: 'viewed', view: this.#view(workflow) };
      case 'trigger':
        if (action.trigger.ordinal < 0) throw new Error('no ordinal');
        workflow.triggers += 1;
        return { kind: 'triggered', ordinal: action.trigger.ordinal, view: this.#view(workflow) };
      case 'advance_clock':
        throw new Error('nobody asked for it');
      case 'perform': {
        const asOf = instantOf(action.deadline.asOf);
        if (asOf > (this.onClock ? instant(this.books.now) : this.#now))
          throw new Error(`${action.deadline.kind} is carried out before its time`);
        this.books.settle(Number(asOf));
        return { kind: 'performed', deadline: action.deadline, view: this.#view(workflow) };
      }
    }
  }

  #view(workflow: Workflow): SubscriptionView {
    workflow.seen = this.#changes();
    return viewOf(this.books, this.#subscription(workflow), { jitterMs: workflow.jitterMs, onClock: this.onClock });
  }
}
