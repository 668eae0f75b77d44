import * as z from 'zod';
import type { ApiClient } from '../api-client.ts';
import { ApiError, type ApiProblem, apiProblem } from '../api-error.ts';
import { CliError } from '../cli-error.ts';
import type { BatchItem } from './batch.ts';
import type { RowFault } from './map-row.ts';
import type { Reject } from './reject.ts';

/** What became of the events of one batch. */
export interface SentBatch {
  readonly created: number;
  readonly duplicates: number;
  readonly rejects: readonly Reject[];
}

const itemResult = z.object({
  status: z.enum(['created', 'duplicate', 'conflict', 'invalid']),
  error: apiProblem.partial({ type: true }).nullish(),
});
const batchAnswer = z.object({ results: z.array(itemResult) });

const NOTHING: SentBatch = { created: 0, duplicates: 0, rejects: [] };

/**
 * Sends the events and tells the outcome of each. Where the API refuses a request as a whole because of what is in it
 * (a text that is no JSON to it, too deep, too large), the batch is halved until the bad rows stand alone.
 *
 * @throws ApiError when it is refused for another reason, CliError when the API cannot be reached
 */
export async function sendBatch(client: ApiClient, items: readonly BatchItem[]): Promise<SentBatch> {
  if (items.length === 0) return NOTHING;
  try {
    return await sendWhole(client, items);
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 400 && error.status !== 413)) throw error;
    const [only] = items;
    if (only !== undefined && items.length === 1) {
      return { ...NOTHING, rejects: [rejectOf(only, error.problem)] };
    }
    const middle = Math.ceil(items.length / 2);
    return sum(await sendBatch(client, items.slice(0, middle)), await sendBatch(client, items.slice(middle)));
  }
}

async function sendWhole(client: ApiClient, items: readonly BatchItem[]): Promise<SentBatch> {
  const text = `{"on_error":"continue","events":[${items.map((item) => item.event).join(',')}]}`;
  const { value } = await client.call({ method: 'POST', path: '/events/batch', body: { text } }, batchAnswer);
  if (value.results.length !== items.length) {
    throw new CliError('unreachable', `The API gave ${value.results.length} results for ${items.length} events.`);
  }
  const count = (status: string) => value.results.filter((result) => result.status === status).length;
  const rejects = items.flatMap((item, index) => {
    const result = value.results[index];
    if (result === undefined || result.status === 'created' || result.status === 'duplicate') return [];
    return [rejectOf(item, result.error ?? { code: result.status, message: `The API answers ${result.status}.` })];
  });
  return { created: count('created'), duplicates: count('duplicate'), rejects };
}

function rejectOf({ number, raw }: BatchItem, problem: Omit<ApiProblem, 'type'>): Reject {
  const details = problem.details ?? [];
  const faults: RowFault[] = (details.length > 0 ? details : [problem]).map((fault) => ({
    param: fieldOf(fault.param ?? null),
    code: fault.code,
    message: fault.message,
  }));
  return { number, raw, faults };
}

/** `events[3].timestamp` is, of its row, `timestamp`; of the whole event nothing is left. */
function fieldOf(param: string | null): string | null {
  const field = param?.replace(/^events(\[\d+\]\.?)?/, '') ?? '';
  return field === '' ? null : field;
}

function sum(left: SentBatch, right: SentBatch): SentBatch {
  return {
    created: left.created + right.created,
    duplicates: left.duplicates + right.duplicates,
    rejects: [...left.rejects, ...right.rejects],
  };
}
