import pg from 'pg';
import { formatInstant, type Instant, parseInstant } from '../domain/instant.ts';
import { type Actor, type HistoryCause, SYSTEM } from '../domain/subscription/history.ts';
import type { Sql } from './sql.ts';
import { type HistoryNote, insertHistory } from './subscription-history.ts';

/** The account and mode that a row belongs to; part of every key. */
export interface Tenant {
  readonly accountId: number;
  readonly livemode: boolean;
}

/** Runs statements: the pool for plain reads, or one open transaction. */
export interface Queryable {
  query<Row>(statement: Sql): Promise<Row[]>;
}

/** One open transaction. Only operations open one. */
export interface Transaction extends Queryable {
  readonly inTransaction: true;
  /** In whose name it changes what it changes. */
  readonly actor: Actor;
  readonly cause: HistoryCause;
  /** What happens to subscriptions in it: see `noteHistory`. */
  readonly history: HistoryNote[];
}

interface DatabaseOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly applicationName: string;
  /** Below the shortest activity time-out, so that a zombie's statement dies before its successor starts. */
  readonly statementTimeoutMs: number;
  /**
   * Each connection plans a statement once, for any parameters: right for a worker, whose statements find rows by their
   * keys, and whose planning else takes as long as their work. Lists with optional filters need a plan for each call.
   */
  readonly plansOnce?: boolean;
  /** How long to wait for a connection: for one that is free, or that PostgreSQL answers. 5 s where it is not given. */
  readonly connectionTimeoutMs?: number;
  readonly onIdleError?: (error: Error) => void;
}

const OID = { int8: 20, json: 114, timestamptz: 1184, date: 1082, jsonb: 3802 } as const;

// node-postgres turns timestamptz into a millisecond Date and parses JSON numbers as doubles; both lose digits.
const parsers = new Map<number, (text: string) => unknown>([
  [OID.int8, (text) => BigInt(text)],
  [OID.timestamptz, readTimestamptz],
  [OID.json, (text) => text],
  [OID.jsonb, (text) => text],
  [OID.date, (text) => text],
]);

function readTimestamptz(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === null) throw new Error(`PostgreSQL sent an unreadable timestamptz: ${text}`);
  return instant;
}

/** An instant as a statement parameter. */
export function timestamptz(instant: Instant): string;
export function timestamptz(instant: Instant | null): string | null;
export function timestamptz(instant: Instant | null): string | null {
  return formatInstant(instant);
}

const TIMEZONE = '-c timezone=UTC';

/** A pool of connections with exact codecs and time-outs on everything. */
export class Database implements Queryable {
  readonly pool: pg.Pool;
  readonly actor: Actor;

  constructor(options: DatabaseOptions | Pick<Database, 'pool' | 'actor'>) {
    if ('pool' in options) {
      this.pool = options.pool;
      this.actor = options.actor;
      return;
    }
    this.actor = SYSTEM;
    this.pool = new pg.Pool({
      connectionString: options.url,
      max: options.maxConnections,
      application_name: options.applicationName,
      statement_timeout: options.statementTimeoutMs,
      lock_timeout: options.statementTimeoutMs,
      idle_in_transaction_session_timeout: options.statementTimeoutMs * 2,
      connectionTimeoutMillis: options.connectionTimeoutMs ?? 5_000,
      options: options.plansOnce === true ? `${TIMEZONE} -c plan_cache_mode=force_generic_plan` : TIMEZONE,
      types: {
        getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
          parsers.get(oid) ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
      },
    });
    // Without a handler an idle connection that PostgreSQL drops would end the process.
    this.pool.on('error', (error) => options.onIdleError?.(error));
  }

  /** The same connections in somebody's name: what happens through them is told as done by that one. */
  onBehalfOf(actor: Actor): Database {
    return new Database({ pool: this.pool, actor });
  }

  async query<Row>(statement: Sql): Promise<Row[]> {
    const result = await this.pool.query({ name: statement.name, text: statement.text, values: [...statement.values] });
    return result.rows as Row[];
  }

  /** READ COMMITTED; rolls back when `work` throws. */
  async transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return this.#between('begin', work);
  }

  /** Several reads as of one instant: nothing that commits meanwhile is seen in part. */
  async snapshot<Result>(work: (db: Queryable) => Promise<Result>): Promise<Result> {
    return this.#between('begin isolation level repeatable read read only', work);
  }

  async #between<Result>(begin: string, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    // The pool listens only while a client is idle: a connection that breaks now would end the process. The statement
    // that runs, or the next one, rejects.
    const onBreak = (error: Error) => {
      broken = error;
    };
    client.on('error', onBreak);
    try {
      await client.query(begin);
      const tx: Transaction = {
        inTransaction: true,
        actor: this.actor,
        cause: 'command',
        history: [],
        query: async <Row>(statement: Sql) => {
          const answer = await client.query({
            name: statement.name,
            text: statement.text,
            values: [...statement.values],
          });
          return answer.rows as Row[];
        },
      };
      const result = await work(tx);
      await insertHistory(tx, tx.actor, tx.history);
      const { command } = await client.query('commit');
      // What PostgreSQL answers when a statement failed and `work` went on regardless: nothing was stored.
      if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`);
      return result;
    } catch (error) {
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
      throw error;
    } finally {
      client.off('error', onBreak);
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
