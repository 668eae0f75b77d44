import { afterAll, expect, jest, test } from '@jest/globals';
import { demoCompany } from '../../src/demo/company/company.ts';
import { usageBatches } from '../../src/demo/company/usage.ts';
import { Installation, removeHomes, temporaryHome } from '../support/installation.ts';
import { waitUntilGone } from '../support/processes.ts';
import { ProductClient } from '../support/product-client.ts';

jest.setTimeout(280_000);
afterAll(removeHomes);

const SMALL = ['--customers', '3', '--months', '2'];

const demo = (home: string, args: readonly string[]) =>
  Installation.launch({ home, command: ['npm', 'run', 'demo', '--', ...args] });

interface Invoice {
  readonly number: string;
  readonly customer_id: string;
  readonly total: string;
}

test('against a running product it bills the same again and again, each time for new customers, and leaves it running', async () => {
  const home = await temporaryHome();
  const product = await Installation.start({ home });
  const sent = [...usageBatches(demoCompany({ seed: '1', run: 1, customers: 3, months: 2 }))];
  const events = sent.reduce((sum, batch) => sum + batch.events, 0);

  const first = demo(home, SMALL);
  expect({ status: await first.exited, output: first.output }).toMatchObject({ status: 0 });
  expect(first.output).toContain('seed 1, run 1: 3 customers');
  expect(first.output).toContain(`${events} events`);
  expect(first.output).toContain('sent once more: 0 created');
  expect(first.output).toMatch(/: 5 periods closed in/);

  const client = await ProductClient.of(product, home);
  const invoices = await client.all<Invoice>('/invoices');
  expect(invoices).toHaveLength(5);
  for (const invoice of invoices) {
    expect(first.output).toMatch(new RegExp(`^${invoice.customer_id} `, 'm'));
  }
  const cents = invoices.reduce((sum, invoice) => sum + BigInt(invoice.total.replace('.', '')), 0n);
  const total = `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
  expect(first.output).toMatch(new RegExp(`^All, in USD +5 +${total}$`, 'm'));

  // The printed invoice has tiers and draws, and there are three links.
  expect(first.output).toMatch(/^ {2}graduated: \S+ of \d+ events, \S+ by credits, \S+ to pay$/m);
  expect(first.output).toMatch(/^ {4}up to 5000 +5000 × 0\.008 = 40$/m);
  expect(first.output).toMatch(/^Launch offer +8000\.5 +\S+$/m);
  expect(first.output.match(/^ {2}http\S+\/namespaces\/durabill-test\/workflows\/sub_\S+$/gm)).toHaveLength(3);

  const second = demo(home, SMALL);
  expect({ status: await second.exited, output: second.output }).toMatchObject({ status: 0 });
  expect(second.output).toContain('seed 1, run 2: 3 customers');
  expect(second.output).toMatch(new RegExp(`^All, in USD +5 +${total}$`, 'm'));

  expect(await client.all('/test-clocks')).toHaveLength(2);
  expect(await product.stop()).toBe(0);
});

test('where none is running it starts one, keeps it for the links, and ends it when told to', async () => {
  const run = demo(await temporaryHome(), ['--customers', '1', '--months', '1']);
  await run.waitFor(/runs on, so that the links work/);
  expect(run.output).toMatch(/^All, in USD +1 /m);
  const processes = await run.identities();
  expect(await run.stop()).toBe(0);
  expect(await waitUntilGone(processes, 10_000)).toEqual([]);
});

test.each([
  [['--customers', '0'], 'from 1 to 200'],
  [['--months', '1.5'], 'from 1 to 60'],
  [['--seed', ''], '1 to 100 ASCII characters'],
  [['everything'], 'too many arguments'],
])('%j is refused before anything is started', async (args, reason) => {
  const run = demo(await temporaryHome(), args);
  expect(await run.exited).toBe(2);
  expect(run.output).toContain(reason);
});

test('a product that is named and does not answer is an error, and none is started in its place', async () => {
  const run = demo(await temporaryHome(), ['--url', 'http://127.0.0.1:9', '--key', 'fp_test_none']);
  expect(await run.exited).toBe(4);
  expect(run.output).toContain('http://127.0.0.1:9 cannot be reached');
});
