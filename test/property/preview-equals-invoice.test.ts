import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeInvoice } from '../../src/api/invoices/codec.ts';
import { addSeconds, formatInstant, type Instant } from '../../src/domain/instant.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import type { InvoiceWithLines } from '../../src/operations/get-invoice.ts';
import { type PreviewAt, previewInvoice, type PreviewedInvoice } from '../../src/operations/preview-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { sql } from '../../src/storage/sql.ts';
import { BillingLife } from '../support/billing-life.ts';
import { billingLives } from '../support/billing-life/lives.ts';
import { lifePlans } from '../support/billing-life/plans.ts';
import { BillingWorld, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

const SETTINGS = {
  temporalUiUrl: null,
  temporalNamespaces: { test: 'test', live: 'live' },
  trustProxy: false,
  rateLimits: { ingestionPerSecond: null, otherPerSecond: null },
} as const;

/** Ids, number, states and when those came about; everything else is content. */
const OWN = ['id', 'number', 'sequence', 'status', 'payment_status', 'created_at', 'usage_cutoff_at', 'finalize_at'];
const OWN_TOO = ['finalized_at', 'due_at', 'paid_at'];

/** The bytes of an answer, but for what a preview cannot have. */
function bytesOf(invoice: InvoiceWithLines | PreviewedInvoice): string {
  const { lines, ...head } = encodeInvoice(SETTINGS, TEST_TENANT, invoice);
  const content = Object.entries(head).filter(([name]) => ![...OWN, ...OWN_TOO].includes(name));
  return JSON.stringify({ ...Object.fromEntries(content), lines: lines.map((line) => ({ ...line, id: null })) });
}

interface Living {
  readonly id: string;
  readonly customer: { readonly id: string; readonly externalId: string };
  readonly clockId: string;
}

/** The life's subscription, if it has a running period and nothing of it waits for its finalization. */
async function living(customerId: string): Promise<Living | null> {
  const [row] = await world.db.query<{ id: string; externalId: string; clockId: string }>(sql`
    select s.id, c.external_id as "externalId", c.test_clock_id as "clockId"
    from subscriptions s
    join customers c on c.id = s.customer_id
    where c.id = ${customerId} and s.status = 'active' and s.attention_code is null and s.cancel_at is null
      and s.pause_at is null and not exists (
        select from invoices i where i.subscription_id = s.id and i.status = 'draft')`);
  if (row === undefined) return null;
  return { id: row.id, customer: { id: customerId, externalId: row.externalId }, clockId: row.clockId };
}

/** Makes what was previewed; null where there is nothing to bill. */
async function carryOut(
  { id: subscriptionId, customer, clockId }: Living,
  at: PreviewAt,
  { now, delaySeconds, previewed }: { now: Instant; delaySeconds: number; previewed: PreviewedInvoice },
): Promise<InvoiceWithLines | null> {
  if (at === 'interim') {
    const outcome = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });
    return outcome.made ? outcome.invoice : null;
  }
  if (at === 'now') await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' });
  const due = addSeconds(at === 'now' ? now : previewed.periodEnd, delaySeconds);
  await world.setClock(clockId, formatInstant(due));
  await world.turn(customer, formatInstant(due));
  const isIt = ({ kind, periodNumber }: InvoiceWithLines) =>
    kind === 'closing' && periodNumber === previewed.periodNumber;
  return (await world.invoices(subscriptionId)).find(isIt) ?? null;
}

const whens = fc.shuffledSubarray<PreviewAt>(['interim', 'period_end'], { minLength: 1 });

test('whatever has happened to a subscription, its preview is the invoice that then comes, byte for byte', async () => {
  const until = performance.now() + 20_000;
  const compared = new Set<PreviewAt>();
  await fc.assert(
    fc.asyncProperty(billingLives, whens, async ({ timezone, currency, commands }, order) => {
      // A slow machine lives fewer lives, each of them whole, and enough for every kind of preview.
      if (performance.now() > until && compared.size === 3) return;
      const delaySeconds = 3_600;
      const [first, ...rest] = commands;
      // Of one subscription: others of the customer would draw from the same credits and balance in between.
      const alone = rest.filter(({ kind }) => kind !== 'subscribe' && kind !== 'delay' && kind !== 'poison');
      const life = new BillingLife(world, await lifePlans(world, currency), 'catching up');
      await life.live(first === undefined ? [] : [first, ...alone], { timezone, currency, delaySeconds });
      let { now } = life;
      for (const at of [...order, 'now' as const]) {
        const subject = await living(life.customerId);
        if (subject === null) return;
        const tokens = [-60, -9, -2].map((ticks) => formatInstant(addSeconds(now, ticks * 21_600 + 60)));
        for (const time of tokens) await world.events(subject.customer, { time, name: 'token', properties: { n: 7 } });
        const previewed = await previewInvoice(world.db, TEST_TENANT, { subscriptionId: subject.id, at });
        const made = await carryOut(subject, at, { now, delaySeconds, previewed });
        if (made === null) expect([at, Number(previewed.subtotal) <= 0]).toEqual(['interim', true]);
        else expect(bytesOf(made)).toBe(bytesOf(previewed));
        compared.add(at);
        if (at === 'period_end') now = addSeconds(previewed.periodEnd, delaySeconds);
      }
    }),
    { numRuns: 60 },
  );
  expect([...compared].toSorted()).toEqual(['interim', 'now', 'period_end']);
}, 180_000);
