import { Failure } from '../domain/errors/failure.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { isDatabaseOutage, sqlState } from '../storage/database-outage.ts';
import { type EventAddress, type EventRow, selectEventsAt } from '../storage/events.ts';
import type { EventInput } from './event-input.ts';
import { outcomeFaults } from './ingest-events.ts';
import { type EventEntry, type EventOutcome, storeEvents } from './store-events.ts';

export interface IngestedEvent {
  readonly event: EventRow;
  /** The event had been stored before. */
  readonly isReplay: boolean;
}

interface Waiting {
  readonly entry: EventEntry;
  readonly resolve: (event: IngestedEvent) => void;
  readonly reject: (error: unknown) => void;
}

/** A group whose members fail alone, one after the other, not by their own data but by the server's state, is given up. */
const FAILURES_OF_SERVER = 3;

/**
 * Stores single events in shared commits: while one transaction runs, what arrives waits, and the next one takes it
 * all, up to 1,000 events of any tenants. The busier it is, the less an event costs; an idle server stores at once.
 *
 * Each caller gets the outcome of its own event. When a shared transaction fails, its events are tried one by one, so
 * that only the one that made it fail is refused.
 */
export class EventIntake {
  readonly #db: Database;
  readonly #waiting: Waiting[] = [];
  #isStoring = false;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Resolves when the event is committed. Any other error than a Failure leaves open whether it is: repeating it with
   * the same key is safe.
   *
   * @throws Failure `invalid_body`, `idempotency_conflict`
   */
  ingest(tenant: Tenant, input: EventInput): Promise<IngestedEvent> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry: { tenant, input }, resolve, reject });
      if (!this.#isStoring) void this.#storeWaiting();
    });
  }

  async #storeWaiting(): Promise<void> {
    this.#isStoring = true;
    while (this.#waiting.length > 0) await this.#storeGroup(this.#waiting.splice(0, LIMITS.batchEvents));
    this.#isStoring = false;
  }

  async #storeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#storeTogether(group);
    } catch (error) {
      if (group.length === 1 || isDatabaseOutage(error)) for (const { reject } of group) reject(error);
      else await this.#storeOneByOne(group);
    }
  }

  async #storeOneByOne(group: readonly Waiting[]): Promise<void> {
    let failuresLeft = FAILURES_OF_SERVER;
    let lastError: unknown = null;
    for (const waiting of group) {
      if (failuresLeft === 0) {
        waiting.reject(lastError);
        continue;
      }
      await this.#storeTogether([waiting]).catch((error: unknown) => {
        lastError = error;
        if (!isFaultOfData(error)) failuresLeft -= 1;
        waiting.reject(error);
      });
    }
  }

  async #storeTogether(group: readonly Waiting[]): Promise<void> {
    const outcomes = await this.#db.transaction((tx) =>
      storeEvents(
        tx,
        group.map(({ entry }) => entry),
      ),
    );
    // The next group need not wait for this reading: everything is committed.
    void this.#answer(group, outcomes);
  }

  async #answer(group: readonly Waiting[], outcomes: readonly EventOutcome[]): Promise<void> {
    try {
      const addresses = outcomes.flatMap((outcome) => ('address' in outcome ? [outcome.address] : []));
      const events = await this.#read(addresses);
      for (const [index, waiting] of group.entries()) settle(waiting, outcomes[index], events);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  async #read(addresses: readonly EventAddress[]): Promise<ReadonlyMap<string, EventRow>> {
    if (addresses.length === 0) return new Map();
    return new Map((await selectEventsAt(this.#db, addresses)).map((row) => [row.id, row]));
  }
}

function settle(waiting: Waiting, outcome: EventOutcome | undefined, events: ReadonlyMap<string, EventRow>): void {
  if (outcome !== undefined && 'address' in outcome) {
    const event = events.get(outcome.address.id);
    if (event === undefined) waiting.reject(new Error(`event ${outcome.address.id} is not where it was stored`));
    else waiting.resolve({ event, isReplay: outcome.status === 'duplicate' });
  } else {
    waiting.reject(outcome === undefined ? new Error('an event got no outcome') : failureOf(outcome));
  }
}

function failureOf(outcome: EventOutcome): Failure {
  const faults = outcomeFaults(outcome);
  const code = outcome.status === 'conflict' ? 'idempotency_conflict' : 'invalid_body';
  return new Failure(code, faults.map((fault) => fault.message).join(' '), { details: faults });
}

/** Classes 22 and 23: a value that the database refuses; it would refuse it again. */
function isFaultOfData(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return state.startsWith('22') || state.startsWith('23');
}
