import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { addAccount, startTestApi, type TestApi } from '../support/api.ts';
import { BillingWorkers } from '../support/billing-workers.ts';
import { type PageSection, readPage, type WorkedExample } from '../support/example-blocks.ts';
import { PROJECT_ROOT } from '../support/installation.ts';
import { expectInvariants } from '../support/invariants.ts';
import { ExampleRun } from '../support/worked-example.ts';

const PAGE = readFileSync(path.join(PROJECT_ROOT, 'docs/billing-rules.md'), 'utf8');
const SECTIONS = readPage(PAGE);
const EXAMPLES = SECTIONS.flatMap(({ examples }) => examples);

/** Sections that have nothing to carry out. */
const WITHOUT_EXAMPLE = ['Contents'];

let api: TestApi;
let workers: BillingWorkers;
let accounts = 0;
beforeAll(async () => {
  api = await startTestApi();
  workers = await BillingWorkers.start({ db: api.db, url: api.databaseUrl });
}, 120_000);
afterAll(async () => {
  await workers.stop();
  await api.close();
});

/** Each example has an account of its own, so numbers of invoices begin anew. */
async function play(example: WorkedExample) {
  accounts += 1;
  const key = await addAccount(api.db, { accountId: 1_000 + accounts, livemode: false });
  const parts = await new ExampleRun(api, key).play(example);
  return { told: parts.map((part) => part.told), written: parts.map((part) => part.written) };
}

describe('an example of the billing rules is what the product does:', () => {
  test.each(EXAMPLES.map((example) => [`${titleOf(example)} (line ${example.line})`, example] as const))(
    '%s',
    async (_, example) => {
      const { told, written } = await play(example);
      expect(told).toEqual(written);
      // An example that expects nothing shows nothing.
      expect(written.some((part) => Object.keys(part).length > 0)).toBe(true);
    },
  );
});

test('what the examples left behind breaks no invariant', () => expectInvariants(api.db));

test('every section has an example, or one in each of its parts', () => {
  const without = SECTIONS.filter(
    (section) => section.examples.length === 0 && !hasParts(section) && !WITHOUT_EXAMPLE.includes(titleOf(section)),
  );
  expect(without.map(titleOf)).toEqual([]);
});

test('the contents link every section, in the order of the page', () => {
  const [, contents = ''] = /^## Contents\n([\s\S]*?)^## /m.exec(PAGE) ?? [];
  const links = [...contents.matchAll(/\[[^\]]+\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
  const anchors = SECTIONS.filter((section) => titleOf(section) !== 'Contents').map(anchorOf);
  expect(links).toEqual(anchors);
  expect(new Set(anchors).size).toBe(anchors.length);
});

describe('an example that is not what the product does', () => {
  const WRITTEN = [
    'plan:',
    '  - { name: Calls, pricing_model: per_unit, event_name: call, unit_amount: 1 }',
    'events:',
    '  - 2026-01-10 call × 3',
    'at: 2026-02-01 01:00',
  ];
  const exampleOf = (...lines: string[]) => {
    const [section] = readPage(['## Rules', '```yaml', ...WRITTEN, ...lines, '```'].join('\n'));
    const [example] = section?.examples ?? [];
    if (example === undefined) throw new Error('no example');
    return example;
  };

  test.each([
    ['another amount', 'INV-000001: { lines: [Calls: 3.01] }', { lines: [{ Calls: '3.00' }] }],
    ['an amount in other decimals', 'INV-000001: { total: 3.0 }', { total: '3.00' }],
    ['a line too few', 'INV-000001: { lines: [] }', { lines: [{ Calls: '3.00' }] }],
    ['another state', 'INV-000001: { status: paid }', { status: 'open' }],
  ])('is found by %s', async (_, invoice, really) => {
    const { told, written } = await play(exampleOf('invoices:', `  ${invoice}`));
    expect(told).not.toEqual(written);
    expect(told).toEqual([{ 'INV-000001': really }]);
  });

  test('is found by an invoice that it does not mention, and by one that there is not', async () => {
    const { told } = await play(exampleOf('invoices:', '  INV-000002: { total: 3.00 }'));
    expect(told).toEqual([{ 'INV-000001': { kind: 'closing', total: '3.00' }, 'INV-000002': undefined }]);
  });

  test('is found by what a call answers, and by what is read afterwards', async () => {
    const { told } = await play(
      exampleOf(
        'do:',
        '  - POST /invoices/<INV-000001>/void: {}',
        '    answers: 409 newer_invoice_exists',
        'expect:',
        '  GET /events: [{ status: billed }]',
      ),
    );
    expect(told).toEqual([
      {
        '1. POST /invoices/<INV-000001>/void': '200',
        'GET /events': [{ status: 'waived' }, { status: 'waived' }, { status: 'waived' }],
      },
    ]);
  });

  test.each([
    ['a block in another language', '```json\n{}\n```'],
    ['a key that no example has', '```yaml\ninvoice:\n  INV-000001: 3.00\n```'],
    ['a key that stands twice', '```yaml\nat: 2026-01-01\nat: 2026-01-02\n```'],
    ['a block that is not closed', '```yaml\nat: 2026-01-01\n'],
  ])('can’t hide behind %s', (_, block) => {
    expect(() => readPage(`## Rules\n${block}`)).toThrow(/^line 2: /);
  });
});

function titleOf({ path: headings }: Pick<PageSection, 'path'>): string {
  return headings.join(' › ');
}

function hasParts({ path: headings }: PageSection): boolean {
  return SECTIONS.some(
    (other) => other.path.length > headings.length && headings.every((each, index) => other.path[index] === each),
  );
}

/** As GitHub and others make them of headings. */
function anchorOf({ path: headings }: PageSection): string {
  const heading = headings.at(-1) ?? '';
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
}
