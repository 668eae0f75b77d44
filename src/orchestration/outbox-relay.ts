import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import pg from 'pg';
import type { Logger } from '../platform/logger.ts';
import type { Database } from '../storage/database.ts';
import { deleteNudges, lockDueNudges, OUTBOX_CHANNEL, type OutboxRow, postponeNudges } from '../storage/outbox.ts';
import { noteLateUsage } from '../operations/note-late-usage.ts';
import { deliverLateUsage, deliverNudge, reviveWorkflows, wakeLateUsage } from './deliver-nudge.ts';
import type { SubscriptionRef } from './messages.ts';

const BATCH = 200;
const PARALLEL = 32;
/** A commit wakes the relay at once; this is for wake-ups that were missed and deliveries that were postponed. */
const SWEEP_MS = 1_000;
const DELIVERY_DEADLINE_MS = 5_000;

interface RelayDeps {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly clientOf: (livemode: boolean) => Client;
}

/**
 * Sends the nudges that transactions left in the outbox to their workflows. Any number of relays may run: they skip
 * each other's rows. A row is deleted when its workflow has the signal, or has ended; else it is tried again later.
 */
export class OutboxRelay {
  readonly #deps: RelayDeps;
  readonly #stop = new AbortController();
  #wake: () => void = () => {};
  #running: Promise<unknown> = Promise.resolve();

  constructor(deps: RelayDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#running = Promise.all([this.#listen(), this.#loop()]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let delivered = 0;
      for (const livemode of [false, true]) delivered += await this.#sweep(livemode);
      if (delivered === 0) await this.#sleep(SWEEP_MS);
    }
  }

  /** Delivers what is due of one mode; returns how many rows are gone. */
  async #sweep(livemode: boolean): Promise<number> {
    try {
      return await this.#deps.db.transaction(async (tx) => {
        const rows = await lockDueNudges(tx, { livemode, limit: BATCH });
        const { done, failed, error } = await this.#deliver(rows, livemode);
        await deleteNudges(tx, done);
        await postponeNudges(tx, failed, error);
        return done.length;
      });
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'the outbox could not be read; it is tried again');
      return 0;
    }
  }

  async #deliver(
    rows: readonly OutboxRow[],
    livemode: boolean,
  ): Promise<{ done: bigint[]; failed: bigint[]; error: string }> {
    const client = this.#deps.clientOf(livemode);
    const done: bigint[] = [];
    const failed: bigint[] = [];
    let lastError = '';
    const queue = [...Map.groupBy(rows, (row) => `${row.accountId}/${row.subscriptionId}`).values()];
    const worker = async () => {
      for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
        try {
          await this.#deliverGroup(client, group);
          done.push(...group.map((each) => each.id));
        } catch (error) {
          lastError = error instanceof Error ? error.message : String(error);
          failed.push(...group.map((each) => each.id));
        }
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    if (failed.length > 0)
      this.#deps.logger.warn({ failed: failed.length, lastError }, 'nudges could not be delivered');
    return { done, failed, error: lastError.slice(0, 500) };
  }

  /** The nudges of one subscription are one signal: to its own workflow, or after its end to that of its late usage. */
  async #deliverGroup(client: Client, group: readonly OutboxRow[]): Promise<void> {
    const [row] = group;
    if (row === undefined) return;
    const { accountId, livemode, subscriptionId } = row;
    const ref: SubscriptionRef = { accountId, livemode, subscriptionId };
    const isLate = row.isLate || (group.some(({ late }) => late) && (await this.#noteLateUsage(ref)));
    const revives = group.some((each) => each.revives);
    await client.withDeadline(Date.now() + DELIVERY_DEADLINE_MS, async () => {
      if (revives) return reviveWorkflows(client, ref, { isLive: row.isLive, isLate });
      if (isLate) return deliverLateUsage(client, ref);
      await deliverNudge(client, ref);
      if (row.hasEnded) await wakeLateUsage(client, ref);
    });
  }

  #noteLateUsage({ accountId, livemode, subscriptionId }: SubscriptionRef): Promise<boolean> {
    return noteLateUsage(this.#deps.db, { accountId, livemode }, subscriptionId);
  }

  /** Holds a connection that hears of commits; without it the sweep still finds every row. */
  async #listen(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const client = new pg.Client({ connectionString: this.#deps.databaseUrl, connectionTimeoutMillis: 5_000 });
      const gone = new Promise<void>((resolve) => {
        client.on('error', () => resolve());
        client.on('end', () => resolve());
      });
      try {
        await client.connect();
        client.on('notification', () => this.#wake());
        await client.query(`listen ${OUTBOX_CHANNEL}`);
        await Promise.race([gone, aborted(this.#stop.signal)]);
      } catch (error) {
        this.#deps.logger.debug({ err: error }, 'cannot listen for commits; sweeping instead');
      }
      await client.end().catch(() => undefined);
      await this.#pause(SWEEP_MS);
    }
  }

  async #sleep(ms: number): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const timer = new AbortController();
    await Promise.race([woken, delay(ms, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
