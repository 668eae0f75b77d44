import { type Host, printLine, printNote } from '../cli/host.ts';
import { invoiceDocument } from '../cli/invoice-answer.ts';
import { formatInvoice } from '../cli/invoice-text.ts';
import { formatInstant } from '../domain/instant.ts';
import { chooseInvoice } from './chosen-invoice.ts';
import { formatCreditDraws } from './credit-draws.ts';
import { inParallel } from './in-parallel.ts';
import { type BilledSubscriber, formatInvoiceTable } from './invoice-table.ts';
import { listAll } from './list-all.ts';
import { liveThrough } from './live-through.ts';
import type { OpenProduct } from './open-product.ts';
import { sendUsage } from './send-usage.ts';
import { setUpCompany, type SetUpCompany } from './set-up-company.ts';
import { formatTemporalLinks } from './temporal-links.ts';

export interface YearOptions {
  readonly seed: string;
  readonly customers: number;
  readonly months: number;
}

/**
 * Sets the company up, sends its usage, advances the clock and prints what came of it. Returns how many subscriptions
 * need attention.
 */
export async function showYear(host: Host, product: OpenProduct, options: YearOptions): Promise<number> {
  const { client, finalizationDelay } = product;
  const say = (what: string, text: string) => printNote(host, `${what.padEnd(9)} ${text}`);
  say('Product', product.url);
  const setUp = await setUpCompany(client, options);
  say('Company', describeCompany(setUp));
  const usage = await sendUsage(host, client, setUp.company);
  const { created, duplicates } = usage.repeated;
  say('Usage', `${usage.events} events, SHA-256 of what was sent ${usage.sha256}`);
  say('Again', `the last batch sent once more: ${created} created, ${duplicates} duplicates`);
  const life = await liveThrough(host, client, { ...setUp, finalizationDelay });
  const begin = formatInstant(setUp.company.startAt);
  say('Time', `${begin} to ${life.until}: ${life.periods} periods closed in ${life.seconds.toFixed(1)} s`);

  const subscribers = await inParallel(setUp.subscribers, async (subscriber): Promise<BilledSubscriber> => {
    const query = { subscription_id: subscriber.subscription.id };
    const invoices = await listAll(client, { path: '/invoices', query }, invoiceDocument);
    return { ...subscriber, invoices: invoices.toReversed() };
  });
  printLine(host, `\n${formatInvoiceTable(subscribers)}`);
  const chosen = chooseInvoice(subscribers);
  if (chosen !== null) {
    printLine(host, `\n${formatInvoice(chosen.invoice)}`);
    const draws = await formatCreditDraws(client, chosen);
    if (draws !== null) printLine(host, `\n${draws}`);
  }
  printLine(host, `\n${formatTemporalLinks(chosen?.subscriber ?? null, subscribers)}`);
  return life.needAttention;
}

function describeCompany({ company, clockId, subscribers }: SetUpCompany): string {
  const { seed, run, customers } = company;
  const trials = customers.filter((each) => each.trialEndOn !== null).length;
  const grants = subscribers.reduce((sum, each) => sum + each.grants.length, 0);
  return (
    `seed ${seed}, run ${run}: ${customers.length} customers, ${trials} of them begin with a trial, ` +
    `${grants} credit grants, on ${clockId}`
  );
}
