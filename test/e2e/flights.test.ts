import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readHomeKeys } from '../../src/platform/home.ts';
import { runCommand } from '../cli/support/run-command.ts';
import { Installation, removeHomes, temporaryHome } from '../support/installation.ts';

const TIMEOUT_MS = 180_000;
const FLIGHTS = fileURLToPath(new URL('./flights-slice.json', import.meta.url));
const ORACLE = fileURLToPath(new URL('./flights-oracle.py', import.meta.url));
/** Low enough that the slice enters all three. */
const TIERS = ['20', '100'] as const;
const AIRPORTS = ['ANC', 'BRW', 'DCA', 'ISP', 'LEX', 'MTJ', 'TPA'];

interface Expectation {
  readonly lines: Readonly<
    Record<'flat' | 'graduated' | 'per_unit', { readonly quantity?: string; readonly amount: string }>
  >;
  readonly total: string;
}
type Oracle = Readonly<Record<string, Readonly<Record<string, Expectation>>>>;

interface InvoiceLine {
  readonly pricing_model: string;
  readonly quantity: string | null;
  readonly amount: string;
}

interface Invoice {
  readonly customer_id: string;
  readonly period_start: string;
  readonly status: string;
  readonly lines: readonly InvoiceLine[];
  readonly total: string;
}

let home: string;
let installation: Installation;
let testKey: string;

beforeAll(async () => {
  home = await temporaryHome();
  installation = await Installation.start({ home });
  testKey = (await readHomeKeys(home))?.testKey ?? '';
}, TIMEOUT_MS);
afterAll(async () => {
  await installation?.stop();
  await removeHomes();
}, TIMEOUT_MS);

async function post(resource: string, body: object): Promise<{ id: string }> {
  const headers = { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' };
  const response = await fetch(`${installation.apiUrl}/v1${resource}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`${resource}: ${response.status} ${await response.text()}`);
  const answer: unknown = await response.json();
  return { id: String(Reflect.get(Object(answer), 'id')) };
}

/** The command line finds the running installation by its home alone. */
async function durabill<Answer>(...args: string[]): Promise<Answer> {
  const result = await runCommand([...args, '--json'], { env: { DURABILL_HOME: home } });
  if (result.status !== 0) throw new Error(`status ${result.status}: ${result.stderr}`);
  return JSON.parse(result.stdout);
}

async function createPlan(): Promise<string> {
  const [first, second] = TIERS;
  const plan = await post('/pricing-plans', {
    name: 'Airport',
    currency: 'USD',
    billing_period: 'monthly',
    charges: [
      { name: 'Airport fee', pricing_model: 'flat', amount: '25.00' },
      {
        name: 'Flights',
        event_name: 'flight',
        pricing_model: 'graduated',
        tiers: [
          { up_to: first, unit_amount: '0.50' },
          { up_to: second, unit_amount: '0.30', flat_amount: '2' },
          { up_to: null, unit_amount: '0.10' },
        ],
      },
      {
        name: 'Distance',
        event_name: 'flight',
        pricing_model: 'per_unit',
        aggregation: { type: 'sum', property: 'distance' },
        unit_amount: '0.0125',
      },
    ],
  });
  return plan.id;
}

async function oracle(): Promise<Oracle> {
  const { stdout } = await promisify(execFile)('python3', [ORACLE, FLIGHTS, '--tiers', TIERS.join(',')]);
  return JSON.parse(stdout);
}

/** One invoice in one line, so that a difference shows where it is. */
function entry(customer: string, month: string, amounts: readonly (string | null | undefined)[]): string {
  return [customer, month, ...amounts].join(' ');
}

function entriesOf(expected: Oracle): string[] {
  return Object.entries(expected).flatMap(([customer, months]) =>
    Object.entries(months).map(([month, { lines, total }]) => {
      const { flat, graduated, per_unit: distance } = lines;
      const usage = [graduated.quantity, graduated.amount, distance.quantity, distance.amount];
      return entry(customer, month, ['open', flat.amount, ...usage, total]);
    }),
  );
}

function entryOf({ customer_id: customer, period_start: start, status, lines, total }: Invoice): string {
  const [flat, graduated, distance] = ['flat', 'graduated', 'per_unit'].map((model) =>
    lines.find((line) => line.pricing_model === model),
  );
  const usage = [graduated?.quantity, graduated?.amount, distance?.quantity, distance?.amount];
  return entry(customer, start.slice(0, 7), [status, flat?.amount, ...usage, total]);
}

test(
  'a quarter of real flights, imported by the command line, is billed to the cent as an independent program bills it',
  async () => {
    const input = path.join(home, 'flights.json');
    await copyFile(FLIGHTS, input);
    const clock = await durabill<{ id: string }>('clock', 'create', '--at', '2001-01-01T00:00:00Z');
    const planId = await createPlan();
    for (const airport of AIRPORTS) {
      await post('/customers', { external_id: airport, test_clock_id: clock.id });
      await post('/subscriptions', { customer_id: airport, plan_id: planId, start_date: '2001-01-01T00:00:00Z' });
    }

    const mapping = ['--event-name', 'flight', '--customer-column', 'origin', '--property', 'distance'];
    const times = ['--timestamp-column', 'date', '--timestamp-format', 'yyyy/MM/dd HH:mm', '--timezone', 'UTC'];
    const imported = await durabill('events', 'import', input, ...mapping, ...times);
    expect(imported).toMatchObject({ rows: 312, created: 312, duplicates: 0, rejected: 0 });
    const repeated = await durabill('events', 'import', input, ...mapping, ...times);
    expect(repeated).toMatchObject({ created: 0, duplicates: 312 });

    const advanced = await durabill('clock', 'advance', clock.id, '--to', '2001-04-01T02:00:00Z');
    expect(advanced).toMatchObject({ status: 'ready', progress: { needs_attention: 0 } });

    const expected = await oracle();
    expect(Object.keys(expected)).toEqual(AIRPORTS);
    const invoices = await durabill<Invoice[]>('invoices', 'list', '--limit', '1000');
    expect(invoices.map(entryOf).sort()).toEqual(entriesOf(expected).sort());
  },
  TIMEOUT_MS,
);
