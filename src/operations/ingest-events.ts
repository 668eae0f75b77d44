import { Failure, type Fault } from '../domain/errors/failure.ts';
import type { Database, Tenant } from '../storage/database.ts';
import type { EventItem } from './event-input.ts';
import { type EventOutcome, storeEvents } from './store-events.ts';

/** `fail`: all or nothing. `continue`: what is good is stored. */
export type OnError = 'fail' | 'continue';

/**
 * Stores a batch, one transaction; returns one outcome an item, in order (billing rules 2). With `fail` every outcome
 * is `created` or `duplicate`.
 *
 * @throws Failure with `fail`: `invalid_body` that names all faults of all items, else `idempotency_conflict` that
 * names every item whose key another event has; then nothing is stored
 */
export async function ingestEvents(
  db: Database,
  tenant: Tenant,
  batch: { readonly items: readonly EventItem[]; readonly onError: OnError },
): Promise<EventOutcome[]> {
  return db.transaction(async (tx) => {
    const entries = batch.items.flatMap((item) => ('input' in item ? [{ tenant, input: item.input }] : []));
    const stored = (await storeEvents(tx, entries)).values();
    const outcomes = batch.items.map((item): EventOutcome => {
      if ('faults' in item) return { status: 'invalid', faults: item.faults };
      const { value } = stored.next();
      if (value === undefined) throw new Error('an event got no outcome');
      return value;
    });
    // Thrown inside the transaction: what was stored above is rolled back.
    if (batch.onError === 'fail') refuseUnlessAllGood(outcomes);
    return outcomes;
  });
}

function refuseUnlessAllGood(outcomes: readonly EventOutcome[]): void {
  const invalid = faultsOf(outcomes, 'invalid');
  if (invalid.length > 0) throw failureOf('invalid_body', invalid);
  const conflicts = faultsOf(outcomes, 'conflict');
  if (conflicts.length > 0) throw failureOf('idempotency_conflict', conflicts);
}

function faultsOf(outcomes: readonly EventOutcome[], status: 'invalid' | 'conflict'): Fault[] {
  return outcomes.flatMap((outcome, index) =>
    outcome.status === status ? outcomeFaults(outcome).map((fault) => inBatch(fault, index)) : [],
  );
}

function failureOf(code: 'invalid_body' | 'idempotency_conflict', faults: readonly Fault[]): Failure {
  const [first] = faults;
  const message = faults.length === 1 ? first?.message : `${faults.length} faults; the first: ${first?.message}`;
  return new Failure(code, `Nothing of the batch was stored. ${message}`, { details: faults });
}

const CONFLICT: Fault = {
  param: 'idempotency_key',
  code: 'idempotency_conflict',
  message: 'An event with this idempotency key and other content exists.',
};

/** What is wrong with an item, with `param`s relative to it; empty for one that is stored. */
export function outcomeFaults(outcome: EventOutcome): readonly Fault[] {
  switch (outcome.status) {
    case 'created':
    case 'duplicate':
      return [];
    case 'conflict':
      return [CONFLICT];
    case 'invalid':
      return outcome.faults;
  }
}

/** The fault with its path in the batch: `events[3].timestamp`. */
export function inBatch(fault: Fault, index: number): Fault {
  const item = `events[${index}]`;
  if (fault.param === null) return { ...fault, param: item };
  return { ...fault, param: fault.param.startsWith('[') ? `${item}${fault.param}` : `${item}.${fault.param}` };
}
