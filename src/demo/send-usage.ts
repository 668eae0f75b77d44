import { createHash } from 'node:crypto';
import type { ApiClient } from '../cli/api-client.ts';
import type { Host } from '../cli/host.ts';
import { startProgress } from '../cli/progress.ts';
import { eventBatch } from './answers.ts';
import type { DemoCompany } from './company/company.ts';
import { type UsageBatch, usageBatches } from './company/usage.ts';

export interface SentUsage {
  readonly events: number;
  /** Of the bodies sent, one after the other, in hexadecimal. */
  readonly sha256: string;
  /** What the API said when the last batch came once more. */
  readonly repeated: { readonly created: number; readonly duplicates: number };
}

/** Sends all usage of the company, the future included: it waits for the clock. */
export async function sendUsage(host: Host, client: ApiClient, company: DemoCompany): Promise<SentUsage> {
  const months = company.monthStarts.length - 1;
  const progress = startProgress(host, months);
  const send = async (text: string) =>
    (await client.call({ method: 'POST', path: '/events/batch', body: { text } }, eventBatch)).value;
  const hash = createHash('sha256');
  let events = 0;
  let last: UsageBatch | null = null;
  try {
    for (const batch of usageBatches(company)) {
      await send(batch.body);
      hash.update(batch.body);
      events += batch.events;
      last = batch;
      progress.show(batch.month, `${events} events · month ${batch.month} of ${months}`);
    }
  } finally {
    progress.stop();
  }
  // The same again, as after a lost answer: the keys let nothing count twice.
  const repeated = last === null ? { created: 0, duplicates: 0 } : await send(last.body);
  return { events, sha256: hash.digest('hex'), repeated };
}
