import { decimal, type DecimalText, decimalText, maxDecimal } from '../../src/domain/decimal.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { addSeconds, formatInstant, parseInstant } from '../../src/domain/instant.ts';
import { Failure } from '../../src/domain/errors/failure.ts';
import { type CancelAt, cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { createCreditNote } from '../../src/operations/create-credit-note.ts';
import { finalizeInvoice } from '../../src/operations/finalize-invoice.ts';
import { getCustomerBalance } from '../../src/operations/get-customer-balance.ts';
import type { InvoiceWithLines } from '../../src/operations/get-invoice.ts';
import { payInvoice } from '../../src/operations/pay-invoice.ts';
import { revokeGrant } from '../../src/operations/revoke-grant.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { type BillingWorld, TEST_TENANT } from './billing-world.ts';

/** Six hours: many things fall on one instant, and on the boundaries of periods. */
const TICK_SECONDS = 21_600;
const BEGIN = parseInstant('2027-01-01T00:00:00Z') as Instant;

/** Numbers of ticks count from the clock's time; `pick` chooses among what there is. */
export type LifeCommand =
  | {
      readonly kind: 'subscribe';
      readonly plan: number;
      /** `begin`: the first instant of all, so that several subscriptions have the same boundaries. */
      readonly start: number | 'begin' | null;
      readonly trial: number | null;
    }
  | {
      readonly kind: 'events';
      readonly ticks: readonly number[];
      readonly early: boolean;
      readonly name: string;
      /** Of each event; `{ n: its tick }` unless given. */
      readonly properties?: readonly object[];
    }
  | { readonly kind: 'advance'; readonly ticks: number }
  | { readonly kind: 'cancel'; readonly pick: number; readonly at: 'now' | 'period_end' | number }
  | { readonly kind: 'trigger' | 'revoke' | 'finalize'; readonly pick: number }
  | { readonly kind: 'void'; readonly pick: number; readonly reissue?: boolean }
  /** A part of what is due, of 100; all of it at 100. */
  | { readonly kind: 'pay'; readonly pick: number; readonly percent: number }
  /** A part of the line that `line` chooses, of 100; null: all that is left of the invoice. */
  | { readonly kind: 'credit'; readonly pick: number; readonly line: number; readonly percent: number | null }
  | {
      readonly kind: 'grant';
      readonly amount: number;
      readonly rollover: boolean;
      readonly days: number | null;
      readonly from: number | null;
      readonly priority: number;
      readonly limit: 'call' | 'token' | null;
      readonly subscription: number | null;
    };

/**
 * How the time between two commands is worked off: turn after turn as alarms would ring, all at once by the next
 * command, or by several workflows at the same time.
 */
export type Pace = 'step by step' | 'catching up' | 'all at once';

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

  get customerId(): string {
    return this.#customer.id;
  }

  /** `afterEach` looks at what each command left. */
  async live(
    commands: readonly LifeCommand[],
    facts: {
      readonly timezone: string;
      readonly currency?: string;
      /** What the customer gets before anything happens. */
      readonly begin?: (customerId: string) => Promise<void>;
      readonly afterEach?: () => Promise<void>;
    },
  ): Promise<void> {
    const { timezone, currency = 'USD', begin = async () => {}, afterEach = async () => {} } = facts;
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
    await this.#advance(40);
    await this.#settle();
    await afterEach();
  }

  async #carryOut(command: LifeCommand): Promise<string> {
    const { db } = this.#world;
    switch (command.kind) {
      case 'subscribe': {
        const planId = this.#plans[command.plan % this.#plans.length] ?? '';
        const ahead = typeof command.start === 'number' ? command.start : 0;
        const begin = command.start === 'begin' ? formatInstant(BEGIN) : this.#after(ahead);
        const start = command.start === null ? {} : { start: begin };
        const trial = command.trial === null ? {} : { trialEnd: this.#after(ahead + command.trial) };
        const { id, status } = await this.#world.subscribe(this.#customer, planId, { ...start, ...trial });
        this.#subscriptions.push(id);
        return status;
      }
      case 'events':
        for (const [index, ticks] of command.ticks.entries()) {
          const time = this.#after(ticks, command.early && ticks > 0 ? -1n : 0n);
          const properties = command.properties?.[index] ?? { n: ticks };
          await this.#world.events(this.#customer, { time, name: command.name, properties });
        }
        return 'stored';
      case 'advance':
        return this.#advance(command.ticks);
      case 'cancel': {
        const subscriptionId = chosen(this.#subscriptions, command.pick);
        if (subscriptionId === undefined) return 'none';
        const at: CancelAt =
          typeof command.at === 'number' ? { instant: addSeconds(this.#now, command.at * TICK_SECONDS) } : command.at;
        return (await cancelSubscription(db, TEST_TENANT, { subscriptionId, at })).status;
      }
      case 'trigger': {
        const subscriptionId = chosen(this.#subscriptions, command.pick);
        if (subscriptionId === undefined) return 'none';
        const outcome = await triggerInvoice(db, TEST_TENANT, { subscriptionId, triggerId: null });
        return outcome.made ? outcome.invoice.total : outcome.skip.code;
      }
      case 'grant':
        return this.#grant(command);
      case 'revoke': {
        const grantId = chosen(this.#grants, command.pick);
        return grantId === undefined ? 'none' : (await revokeGrant(db, TEST_TENANT, grantId)).status;
      }
      case 'void': {
        // The newest first: an older one of the same period can't be voided.
        const invoice = chosen((await this.#settledInvoices()).toReversed(), command.pick);
        if (invoice === undefined) return 'none';
        const { reissue = false } = command;
        return (await voidInvoice(db, TEST_TENANT, { invoiceId: invoice.id, reason: null, reissue })).total;
      }
      case 'pay':
        return this.#pay(command);
      case 'credit':
        return this.#credit(command);
      case 'finalize': {
        const drafts = (await this.#settledInvoices()).filter((invoice) => invoice.status === 'draft');
        const draft = chosen(drafts, command.pick);
        return draft === undefined ? 'none' : (await finalizeInvoice(db, TEST_TENANT, draft.id)).total;
      }
    }
  }

  async #pay(command: Extract<LifeCommand, { kind: 'pay' }>): Promise<string> {
    const owing = (await this.#settledInvoices()).filter((invoice) => invoice.status === 'open');
    const invoice = chosen(owing, command.pick);
    if (invoice === undefined) return 'none';
    const { payments } = await payInvoice(this.#world.db, TEST_TENANT, {
      id: newId('payment'),
      invoiceId: invoice.id,
      amount: shareOf(invoice.amountDue, command.percent),
      method: null,
      reference: null,
      paidAt: null,
      metadata: {},
    });
    return payments.at(-1)?.amount ?? 'nothing';
  }

  async #credit(command: Extract<LifeCommand, { kind: 'credit' }>): Promise<string> {
    const final = (await this.#settledInvoices()).filter(({ status }) => status === 'open' || status === 'paid');
    const invoice = chosen(final, command.pick);
    const line = chosen(invoice?.lines ?? [], command.line);
    if (invoice === undefined || line === undefined) return 'none';
    const { percent } = command;
    const lines = percent === null ? null : [{ lineId: line.id, amount: shareOf(line.amount, percent) }];
    const note = { id: newId('creditNote'), invoiceId: invoice.id, lines, reason: null, metadata: {} };
    const { total, amountToBalance } = await createCreditNote(this.#world.db, TEST_TENANT, note);
    return `${total}, ${amountToBalance} to balance`;
  }

  async #grant(command: Extract<LifeCommand, { kind: 'grant' }>): Promise<string> {
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
    const from = this.#now;
    this.#now = addSeconds(from, ticks * TICK_SECONDS);
    if (this.#pace === 'step by step') {
      for (let tick = 1; tick < ticks; tick += 5) {
        await this.#world.turn(this.#customer, formatInstant(addSeconds(from, tick * TICK_SECONDS)));
      }
    }
    await this.#world.setClock(this.#clockId, formatInstant(this.#now));
    if (this.#pace === 'step by step') await this.#settle();
    if (this.#pace === 'all at once') {
      const instants = [ticks, Math.ceil(ticks / 3), ticks, Math.ceil(ticks / 2), ticks].map((each) =>
        formatInstant(addSeconds(from, each * TICK_SECONDS)),
      );
      await Promise.all(instants.map((time) => this.#world.turn(this.#customer, time)));
    }
    return 'advanced';
  }

  async #settle(): Promise<void> {
    await this.#world.turn(this.#customer, formatInstant(this.#now));
  }

  async #settledInvoices(): Promise<InvoiceWithLines[]> {
    await this.#settle();
    return (await Promise.all(this.#subscriptions.map((id) => this.#world.invoices(id)))).flat();
  }

  #after(ticks: number, micros = 0n): string {
    return formatInstant((addSeconds(this.#now, ticks * TICK_SECONDS) + micros) as Instant);
  }

  /** Everything that has to be the same at every pace: invoices in the order of their numbers, drafts, credits. */
  async account(): Promise<unknown> {
    const invoices = await this.#settledInvoices();
    const told = invoices.map((invoice) => this.#tell(invoice));
    const order = invoices
      .filter((invoice) => invoice.number !== null)
      .toSorted((left, right) => ((left.number ?? '') < (right.number ?? '') ? -1 : 1))
      .map((invoice) => [...this.#tell(invoice).slice(0, 4), formatInstant(invoice.finalizedAt ?? BEGIN)]);
    const grants = await Promise.all(
      this.#grants.map(async (id) => [await this.#world.grantBalance(id), await this.#world.entries(id)]),
    );
    const query = { customerRef: this.#customer.id, before: null, limit: 10_000 };
    const { entries } = await getCustomerBalance(this.#world.db, TEST_TENANT, query);
    const balance = entries.map((entry) => [entry.kind, entry.amount, entry.balanceAfter]);
    return { outcomes: this.outcomes, told, order, grants, balance };
  }

  /**
   * In the order of their numbers the closing invoices that became final when it was their time: when, of which
   * subscription (counted as they were made), of which period.
   */
  async finalizations(): Promise<[at: Instant, subscription: number, period: number][]> {
    return (
      (await this.#settledInvoices())
        .filter(({ kind, finalizedAt, finalizeAt }) => kind === 'closing' && finalizedAt === finalizeAt)
        // A reissue comes when it is asked for, of whatever period.
        .filter(({ replaces }) => replaces === null)
        .toSorted((left, right) => ((left.number ?? '') < (right.number ?? '') ? -1 : 1))
        .map((each) => [each.finalizeAt, this.#subscriptions.indexOf(each.subscriptionId), each.periodNumber])
    );
  }

  #tell(invoice: InvoiceWithLines): unknown[] {
    return [
      this.#subscriptions.indexOf(invoice.subscriptionId),
      invoice.periodNumber,
      invoice.kind,
      invoice.sequence,
      invoice.status,
      invoice.paymentStatus,
      [invoice.total, invoice.balanceApplied, invoice.amountCredited, invoice.amountPaid, invoice.amountDue],
      formatInstant(invoice.periodEnd),
      invoice.lines.map((line) => [line.description, line.quantity, line.creditedQuantity, line.amount]),
    ];
  }
}

/** At least a cent. */
function shareOf(amount: string, percent: number): DecimalText {
  const share = decimal(amount)
    .times(decimal(String(percent)))
    .times(decimal('0.01'))
    .toDecimalPlaces(2);
  return decimalText(maxDecimal(share, decimal('0.01')));
}

function chosen<Item>(items: readonly Item[], pick: number): Item | undefined {
  return items[pick % Math.max(items.length, 1)];
}
