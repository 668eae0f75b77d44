import type { Instant } from '../../src/domain/instant.ts';
import { addSeconds, formatInstant, parseInstant } from '../../src/domain/instant.ts';
import { Failure } from '../../src/domain/errors/failure.ts';
import { changeCustomer } from '../../src/operations/change-customer.ts';
import { finalizeInvoice } from '../../src/operations/finalize-invoice.ts';
import type { InvoiceWithLines } from '../../src/operations/get-invoice.ts';
import { noteLateUsage } from '../../src/operations/note-late-usage.ts';
import { revokeGrant } from '../../src/operations/revoke-grant.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { sql } from '../../src/storage/sql.ts';
import {
  chosen,
  type Events,
  type Grant,
  type LifeCommand,
  type Pick,
  type Subscribe,
  TICK_SECONDS,
} from './billing-life/commands.ts';
import { expectAsPreviewed, previewOf } from './billing-life/previews.ts';
import { type Pace, passTime, settle } from './billing-life/paces.ts';
import { steer } from './billing-life/steer.ts';
import { carryOutMoney } from './billing-life/money.ts';
import { tellRows } from './billing-life/tell-rows.ts';
import { tellBalance, tellCreditNotes, tellEvents, tellInvoice } from './billing-life/tell-life.ts';
import { type BillingWorld, TEST_TENANT } from './billing-world.ts';

export type { LifeCommand } from './billing-life/commands.ts';
export type { Pace } from './billing-life/paces.ts';

const BEGIN = parseInstant('2027-01-01T00:00:00Z') as Instant;
/** More than the 31 days that late usage of an ended subscription waits at most. */
const LAST_TICKS = 130;

interface LifeFacts {
  readonly timezone: string;
  readonly currency?: string;
  /** The account's finalization delay; else as it is. */
  readonly delaySeconds?: number;
  /** What the customer gets before anything happens. */
  readonly begin?: (customerId: string) => Promise<void>;
  /** Looks at what each command left. */
  readonly afterEach?: () => Promise<void>;
}

/** One customer's life on a test clock, lived at a pace. */
export class BillingLife {
  readonly #world: BillingWorld;
  readonly #plans: readonly string[];
  readonly #pace: Pace;
  #clockId = '';
  #customer = { id: '', externalId: '' };
  #now = BEGIN;
  readonly #subscriptions: string[] = [];
  readonly #grants: string[] = [];
  /** What each command came to. */
  readonly outcomes: string[] = [];

  constructor(world: BillingWorld, plans: readonly string[], pace: Pace) {
    this.#world = world;
    this.#plans = plans;
    this.#pace = pace;
  }

  get now(): Instant {
    return this.#now;
  }

  get customerId(): string {
    return this.#customer.id;
  }

  async live(commands: readonly LifeCommand[], facts: LifeFacts): Promise<void> {
    const { timezone, currency = 'USD', begin = async () => {}, afterEach = async () => {} } = facts;
    if (facts.delaySeconds !== undefined) await this.#delay(facts.delaySeconds);
    this.#clockId = await this.#world.clock(formatInstant(BEGIN));
    this.#customer = await this.#world.customer({ clockId: this.#clockId, timezone, currency });
    await begin(this.#customer.id);
    for (const command of commands) {
      const outcome = await this.#carryOut(command).catch((error: unknown) => {
        if (error instanceof Failure) return error.code;
        throw error;
      });
      this.outcomes.push(`${command.kind}: ${outcome}`);
      await afterEach();
    }
    await this.#advance(LAST_TICKS);
    await this.#settle();
    await afterEach();
  }

  async #carryOut(command: LifeCommand): Promise<string> {
    switch (command.kind) {
      case 'subscribe':
        return this.#subscribe(command);
      case 'events':
        return this.#events(command);
      case 'poison': {
        const properties = Array.from({ length: 12 }, () => ({ n: `1${'0'.repeat(29)}` }));
        const ticks = properties.map(() => command.tick);
        return this.#events({ kind: 'events', ticks, early: false, name: 'bomb', properties });
      }
      case 'advance':
        return this.#advance(command.ticks);
      case 'zone': {
        // What is due opens its periods in the zone before.
        const { timezone } = await changeCustomer(this.#world.db, TEST_TENANT, {
          reference: this.#customer.id,
          changes: { timezone: command.timezone },
        });
        return timezone ?? 'none';
      }
      case 'delay':
        await this.#settle();
        return this.#delay(command.seconds);
      case 'cancel':
      case 'uncancel':
      case 'pause':
      case 'resume':
      case 'change plan': {
        const subscriptionId = chosen(this.#subscriptions, command.pick);
        if (subscriptionId === undefined) return 'none';
        await this.#settle();
        return steer(this.#world, command, { subscriptionId, now: this.#now, plans: this.#plans });
      }
      case 'grant':
        return this.#grant(command);
      case 'trigger':
        return this.#trigger(command.pick);
      case 'revoke': {
        const grantId = chosen(this.#grants, command.pick);
        return grantId === undefined ? 'none' : (await revokeGrant(this.#world.db, TEST_TENANT, grantId)).status;
      }
      case 'void':
        return this.#void(command.pick, command.reissue ?? false);
      case 'finalize': {
        const drafts = (await this.#settledInvoices()).filter((invoice) => invoice.status === 'draft');
        const draft = chosen(drafts, command.pick);
        if (draft === undefined) return 'none';
        return (await finalizeInvoice(this.#world.db, TEST_TENANT, draft.id)).total;
      }
      case 'pay':
      case 'credit':
      case 'tax': {
        const invoices = await this.#settledInvoices();
        return carryOutMoney(this.#world, command, { customerId: this.#customer.id, invoices });
      }
    }
  }

  async #subscribe(command: Subscribe): Promise<string> {
    const planId = chosen(this.#plans, command.plan) ?? '';
    const ahead = typeof command.start === 'number' ? command.start : 0;
    const begin = command.start === 'begin' ? formatInstant(BEGIN) : this.#after(ahead);
    const start = command.start === null ? {} : { start: begin };
    const trial = command.trial === null ? {} : { trialEnd: this.#after(ahead + command.trial) };
    const { id, status } = await this.#world.subscribe(this.#customer, planId, {
      ...start,
      ...trial,
      planVersion: command.version ?? 1,
    });
    this.#subscriptions.push(id);
    return status;
  }

  async #events(command: Events): Promise<string> {
    // What is late at one pace is to be late at every pace.
    const isLate = command.ticks.some((tick) => tick < 0);
    if (isLate) await this.#settle();
    for (const [index, ticks] of command.ticks.entries()) {
      const time = this.#after(ticks, command.early && ticks > 0 ? -1n : 0n);
      const properties = command.properties?.[index] ?? { n: ticks };
      await this.#world.events(this.#customer, { time, name: command.name, properties });
    }
    if (isLate) for (const id of this.#subscriptions) await noteLateUsage(this.#world.db, TEST_TENANT, id);
    return 'stored';
  }

  async #delay(seconds: number): Promise<string> {
    await this.#world.db.query(sql`update accounts set finalization_delay_seconds = ${seconds}`);
    return 'changed';
  }

  async #trigger(pick: Pick): Promise<string> {
    const subscriptionId = chosen(this.#subscriptions, pick);
    if (subscriptionId === undefined) return 'none';
    await this.#settle();
    const preview = await previewOf(this.#world, { subscriptionId, at: 'interim' });
    const outcome = await triggerInvoice(this.#world.db, TEST_TENANT, { subscriptionId, triggerId: null });
    if (!outcome.made) return outcome.skip.code;
    expectAsPreviewed(outcome.invoice, preview);
    return outcome.invoice.total;
  }

  async #void(pick: Pick, reissue: boolean): Promise<string> {
    // The newest first: an older one of the same period can't be voided.
    const invoice = chosen((await this.#settledInvoices()).toReversed(), pick);
    if (invoice === undefined) return 'none';
    const command = { invoiceId: invoice.id, reason: null, reissue };
    return (await voidInvoice(this.#world.db, TEST_TENANT, command)).total;
  }

  async #grant(command: Grant): Promise<string> {
    const subscriptionId = command.subscription === null ? null : chosen(this.#subscriptions, command.subscription);
    const { id } = await this.#world.grant(this.#customer, String(command.amount), {
      rollover: command.rollover,
      expiresInDays: command.days,
      effectiveAt: command.from === null ? null : addSeconds(this.#now, command.from * TICK_SECONDS),
      priority: command.priority,
      eventNames: command.limit === null ? null : [command.limit],
      subscriptionId: subscriptionId ?? null,
    });
    this.#grants.push(id);
    return 'granted';
  }

  async #advance(ticks: number): Promise<string> {
    this.#now = await passTime(this.#living(), this.#now, ticks);
    return 'advanced';
  }

  async #settle(): Promise<void> {
    await settle(this.#living(), this.#now);
  }

  #living() {
    return { world: this.#world, pace: this.#pace, clockId: this.#clockId, customer: this.#customer };
  }

  async #settledInvoices(): Promise<InvoiceWithLines[]> {
    await this.#settle();
    return (await Promise.all(this.#subscriptions.map((id) => this.#world.invoices(id)))).flat();
  }

  #after(ticks: number, micros = 0n): string {
    return formatInstant((addSeconds(this.#now, ticks * TICK_SECONDS) + micros) as Instant);
  }

  /** The same as it is stored, of every table. */
  rows(): Promise<string[]> {
    const [subscriptions, grants] = [this.#subscriptions, this.#grants];
    return tellRows(this.#world, { customerId: this.customerId, subscriptions, grants });
  }

  /** Everything that has to be the same at every pace: invoices in the order of their numbers, money, credits, events. */
  async account(): Promise<unknown> {
    const invoices = await this.#settledInvoices();
    const grants = await Promise.all(
      this.#grants.map(async (id) => [await this.#world.grantBalance(id), await this.#world.entries(id)]),
    );
    return {
      outcomes: this.outcomes,
      told: invoices.map((invoice) => this.#tell(invoice)),
      order: inOrderOfNumbers(invoices).map((invoice) => [
        ...this.#tell(invoice).slice(0, 4),
        formatInstant(invoice.finalizedAt ?? BEGIN),
      ]),
      grants,
      balance: await tellBalance(this.#world, this.#customer.id),
      notes: await tellCreditNotes(this.#world, this.#customer.id),
      events: await tellEvents(this.#world, this.#customer.externalId),
    };
  }

  /**
   * In the order of their numbers the closing invoices that became final when it was their time: when, of which
   * subscription (counted as they were made), of which period.
   */
  async finalizations(): Promise<[at: Instant, subscription: number, period: number][]> {
    return (
      inOrderOfNumbers(await this.#settledInvoices())
        .filter(({ kind, finalizedAt, finalizeAt }) => kind === 'closing' && finalizedAt === finalizeAt)
        // A reissue comes when it is asked for, of whatever period.
        .filter(({ replaces }) => replaces === null)
        .map((each) => [each.finalizeAt, this.#subscriptions.indexOf(each.subscriptionId), each.periodNumber])
    );
  }

  #tell(invoice: InvoiceWithLines): unknown[] {
    return [this.#subscriptions.indexOf(invoice.subscriptionId), ...tellInvoice(invoice)];
  }
}

function inOrderOfNumbers(invoices: readonly InvoiceWithLines[]): InvoiceWithLines[] {
  return invoices
    .filter(({ numberSeq }) => numberSeq !== null)
    .toSorted((left, right) => Number((left.numberSeq ?? 0n) - (right.numberSeq ?? 0n)));
}
