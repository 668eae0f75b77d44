import { parseExactJson, stringifyExactJson } from '../../src/platform/exact-json.ts';
import type { Reply, TestApi } from './api.ts';
import { eventually } from './billing-workers.ts';
import {
  type ExamplePart,
  isList,
  isMap,
  type WorkedExample,
  type Written,
  type WrittenMap,
  WrittenNumber,
} from './example-blocks.ts';
import { compareWith, type Told } from './told-answer.ts';

const CUSTOMER = 'acme';
const CLOCK_START = '2026-01-01';
const BATCH = 1_000;

/** What only the first part may say. */
const SCENERY = ['clock', 'customer', 'plan', 'subscription'] as const;

type Answer = Reply['body'];
type NamedTold = [name: string, told: Told];

/** By the names of what is told. */
export interface ToldPart {
  readonly written: object;
  readonly told: object;
}

/** What an account of its own, its key, and the product's workers make of one example of docs/billing-rules.md. */
export class ExampleRun {
  readonly #api: TestApi;
  readonly #key: string;
  readonly #ids = new Map<string, string>();
  /** Number of each invoice when the example last told of invoices; null while it is a draft. */
  readonly #seen = new Map<string, string | null>();
  #events = 0;

  constructor(api: TestApi, key: string) {
    this.#api = api;
    this.#key = key;
  }

  /**
   * Carries out all parts, the members of each as they stand in it, after those that set the scene. Each part gives what
   * it expects and what the product says, both empty where it expects nothing.
   */
  async play(example: WorkedExample): Promise<ToldPart[]> {
    const told: ToldPart[] = [];
    for (const [index, part] of example.parts.entries()) {
      if (part.account !== undefined) await this.#call('PATCH', '/account', part.account);
      await this.#makeAll('/tax-rates', part.tax_rates, {});
      if (index === 0) await this.#populate(part);
      else if (SCENERY.some((key) => part[key] !== undefined)) throw new Error('the scene is set in the first part');
      const expectations = new Map<string, Told>();
      for (const [key, value] of Object.entries(part)) {
        for (const [name, each] of await this.#carryOut(key, value)) expectations.set(name, each);
      }
      told.push({
        written: Object.fromEntries([...expectations].map(([name, each]) => [name, each.written])),
        told: Object.fromEntries([...expectations].map(([name, each]) => [name, each.told])),
      });
    }
    return told;
  }

  async #carryOut(key: string, value: Written): Promise<readonly NamedTold[]> {
    switch (key) {
      case 'grants':
        await this.#makeAll('/credit-grants', value, { customer_id: CUSTOMER });
        return [];
      case 'events':
        await this.#sendEvents(listOf(value).flatMap((each) => this.#event(each)));
        return [];
      case 'at':
        await this.#advance(instantText(String(value)));
        return [];
      case 'do':
        return this.#act(listOf(value));
      case 'invoices':
        return this.#tellInvoices(mapOf(value));
      case 'expect':
        return this.#look(mapOf(value));
      default:
        return [];
    }
  }

  async #populate({ clock, customer, plan, subscription }: ExamplePart): Promise<void> {
    const frozen = instantText(typeof clock === 'string' ? clock : CLOCK_START);
    await this.#make('clock', '/test-clocks', { frozen_time: frozen });
    if (customer !== null) {
      const fields = isMap(customer) ? customer : {};
      await this.#make('customer', '/customers', { external_id: CUSTOMER, test_clock_id: '<clock>', ...fields });
    }
    if (plan === undefined) return;
    const terms = isList(plan) ? { charges: plan } : isMap(plan) ? plan : {};
    await this.#make('plan', '/pricing-plans', { name: 'Plan', ...terms });
    if (customer === null || subscription === null) return;
    const dates = isMap(subscription) ? subscription : {};
    await this.#make('subscription', '/subscriptions', { customer_id: CUSTOMER, plan_id: '<plan>', ...dates });
  }

  async #makeAll(path: string, bodies: Written | undefined, common: WrittenMap): Promise<void> {
    for (const body of bodies === undefined ? [] : listOf(bodies)) {
      const fields = mapOf(body);
      await this.#make(String(fields.name ?? path), path, { ...common, ...fields });
    }
  }

  async #make(name: string, path: string, body: WrittenMap): Promise<void> {
    this.#ids.set(name, (await this.#call('POST', path, body)).id);
  }

  /** `2026-01-10 09:30 upload × 3 gb=1.5`: at midnight, once, and without properties unless given. */
  #event(written: Written): Answer[] {
    const match = /^(\S+(?: \d\d:\d\d\S*)?) (\w+)(?: × (\d+))?((?: \w+=\S+)*)$/.exec(String(written));
    if (match === null) throw new Error(`not an event: ${String(written)}`);
    const [, time = '', name = '', count = '1', pairs = ''] = match;
    const { key, customer, ...properties } = pairsOf(pairs);
    return Array.from({ length: Number(count) }, () => {
      this.#events += 1;
      return {
        event_name: name,
        customer_id: customer ?? CUSTOMER,
        idempotency_key: key ?? `event ${this.#events}`,
        timestamp: instantText(time),
        properties: Object.fromEntries(Object.entries(properties).map(([each, value]) => [each, jsonOr(value)])),
      };
    });
  }

  async #sendEvents(events: readonly Answer[]): Promise<void> {
    for (let start = 0; start < events.length; start += BATCH) {
      const body = stringifyExactJson({ events: events.slice(start, start + BATCH) });
      const reply = await this.#send('POST', '/events/batch', body);
      if (reply.status !== 200) throw new Error(reply.text);
    }
  }

  async #advance(to: string): Promise<void> {
    await this.#call('POST', '/test-clocks/<clock>/advance', { frozen_time: to });
    await eventually(
      () => this.#call('GET', '/test-clocks/<clock>'),
      ({ status }) => status === 'ready',
    );
  }

  /** Calls, with what those answered of which the example tells. */
  async #act(calls: readonly Written[]): Promise<NamedTold[]> {
    const told: NamedTold[] = [];
    for (const [index, item] of calls.entries()) {
      const { answers, as, ...call } = isMap(item) ? item : { [String(item)]: null };
      const [[name, body] = ['', null], ...others] = Object.entries(call);
      const [, method, path] = /^(POST|PATCH|DELETE) (\/.+)$/.exec(name) ?? [];
      if (method === undefined || path === undefined || others.length > 0) throw new Error(`not a call: ${name}`);
      await this.#learnInvoices();
      const reply = await this.#send(method, this.#resolve(path), this.#wire(body ?? {}));
      if (typeof as === 'string') this.#ids.set(as, reply.body.id);
      if (answers === undefined && reply.status >= 400) throw new Error(`${name}: ${reply.text}`);
      if (answers !== undefined) {
        const answer = reply.status < 400 && typeof answers === 'string' ? String(reply.status) : answerOf(reply);
        told.push([`${index + 1}. ${name}`, this.#compare(answers, answer)]);
      }
    }
    return told;
  }

  async #look(written: WrittenMap): Promise<NamedTold[]> {
    await this.#learnInvoices();
    const told: NamedTold[] = [];
    for (const [name, expected] of Object.entries(written)) {
      const [, path] = /^GET (\/.+)$/.exec(name) ?? [];
      if (path === undefined) throw new Error(`not a GET: ${name}`);
      const reply = await this.#send('GET', this.#resolve(path), undefined);
      told.push([name, this.#compare(expected, answerOf(reply))]);
    }
    return told;
  }

  /** Those that the example names, and every other one that is new or became final since it last told of any. */
  async #tellInvoices(written: WrittenMap): Promise<NamedTold[]> {
    const told: NamedTold[] = [];
    const missing = new Set(Object.keys(written));
    for (const invoice of await this.#learnInvoices()) {
      const name = nameOf(invoice);
      const expected = written[name];
      const isNew = !this.#seen.has(invoice.id) || this.#seen.get(invoice.id) !== invoice.number;
      if (expected !== undefined) told.push([name, this.#compare(inFull(expected), invoice)]);
      else if (isNew) told.push([name, { written: undefined, told: { kind: invoice.kind, total: invoice.total } }]);
      this.#seen.set(invoice.id, invoice.number);
      missing.delete(name);
    }
    for (const name of missing) told.push([name, this.#compare(inFull(written[name] ?? null), undefined)]);
    return told;
  }

  /** All invoices, oldest first; afterwards names stand for them and for their lines. */
  async #learnInvoices(): Promise<Answer[]> {
    const { data } = await this.#call('GET', '/invoices?limit=200');
    for (const invoice of data) {
      const name = nameOf(invoice);
      this.#ids.set(name, invoice.id);
      for (const line of invoice.lines) this.#ids.set(`${name} ${line.description}`, line.id);
    }
    return data.toReversed();
  }

  #compare(written: Written, answer: unknown): Told {
    return compareWith(written, answer, (text) => this.#resolve(text));
  }

  async #call(method: string, path: string, body?: Written): Promise<Answer> {
    const reply = await this.#send(method, this.#resolve(path), body === undefined ? undefined : this.#wire(body));
    if (reply.status >= 400) throw new Error(`${method} ${path} gave ${reply.status}: ${reply.text}`);
    return reply.body;
  }

  async #send(method: string, path: string, body: string | undefined): Promise<Reply> {
    return this.#api.send(method, `/v1${path}`, body, { key: this.#key });
  }

  #wire(body: Written): string {
    return stringifyExactJson(this.#jsonOf(body));
  }

  #jsonOf(value: Written): unknown {
    if (value instanceof WrittenNumber) return parseExactJson(value.text);
    if (typeof value === 'string') return this.#resolve(value);
    if (isList(value)) return value.map((each) => this.#jsonOf(each));
    if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.#jsonOf(each)]));
    return value;
  }

  #resolve(text: string): string {
    return text.replaceAll(/<([^<>]+)>/g, (_, name: string) => {
      const id = this.#ids.get(name);
      if (id === undefined) throw new Error(`nothing is called <${name}>`);
      return id;
    });
  }
}

function listOf(value: Written): readonly Written[] {
  if (!isList(value)) throw new Error(`not a list: ${String(value)}`);
  return value;
}

function mapOf(value: Written): WrittenMap {
  if (!isMap(value)) throw new Error(`not a map: ${String(value)}`);
  return value;
}

function nameOf(invoice: Answer): string {
  return invoice.number ?? (invoice.status === 'void' ? 'void draft' : 'draft');
}

/** An invoice by its total alone. */
function inFull(expected: Written): Written {
  return isMap(expected) ? expected : { total: expected };
}

function answerOf(reply: Reply): unknown {
  return reply.status < 400 ? reply.body : `${reply.status} ${reply.body.error.code}`;
}

/** A day is its midnight in UTC, as is a time without an offset. */
function instantText(written: string): string {
  const match = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(written);
  if (match === null) throw new Error(`not a time: ${written}`);
  const [, day = '', time = '00:00', seconds = ':00', offset = 'Z'] = match;
  return `${day}T${time}${seconds}${offset}`;
}

function pairsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...text.matchAll(/(\w+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]));
}

/** A property's value: JSON where it is some, such as `1.5` or `"007"`, else the text. */
function jsonOr(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return text;
  }
}
