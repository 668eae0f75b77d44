import type { Instant } from '../domain/instant.ts';
import { LIMITS } from '../domain/limits.ts';
import {
  countStanding,
  type LateSubscription,
  selectLate,
  selectStanding,
  type StandingSubscription,
} from '../storage/account-health.ts';
import { selectDatabaseTime } from '../storage/billing-customers.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { type OutboxBacklog, selectBacklog } from '../storage/outbox.ts';
import { type RoundRow, selectRound } from '../storage/reconciler-rounds.ts';
import { type FindingRow, selectAccountFindings } from '../storage/workflow-findings.ts';
import { type HealthProblem, problemsOf } from './health-problems.ts';
import type { Pollers, WorkflowServer } from './workflow-server.ts';

/** How many there are, of which some are shown; `count` stops at a limit. */
export interface Shown<Item> {
  readonly count: number;
  readonly shown: readonly Item[];
}

/** What PostgreSQL tells of how an account's billing goes on. */
export interface HealthFacts {
  readonly checkedAt: Instant;
  readonly outbox: OutboxBacklog;
  readonly late: Shown<LateSubscription>;
  /** Of these, those that do not go on although they are told to. */
  readonly stuck: number;
  readonly standing: Shown<StandingSubscription>;
  readonly missing: Shown<FindingRow>;
  readonly foreign: Shown<FindingRow>;
  /** null: there has been none. */
  readonly round: RoundRow | null;
  /** null: Temporal cannot be reached. */
  readonly pollers: Pollers | null;
}

export interface AccountHealth extends HealthFacts {
  /** What needs a person, causes before what they bring about; empty when nothing does. */
  readonly problems: readonly HealthProblem[];
}

/** Looks at what an operator would look at; writes nothing. Without Temporal it tells what PostgreSQL knows. */
export async function accountHealth(db: Database, tenant: Tenant, server: WorkflowServer): Promise<AccountHealth> {
  const [known, pollers] = await Promise.all([
    db.snapshot((snapshot) => readFacts(snapshot, tenant)),
    server.countPollers(tenant.livemode).catch(() => null),
  ]);
  const facts = { ...known, pollers };
  return { ...facts, problems: problemsOf(facts) };
}

async function readFacts(db: Queryable, tenant: Tenant): Promise<Omit<HealthFacts, 'pollers'>> {
  const late = await selectLate(db, tenant, {
    graceSeconds: LIMITS.overdueGraceSeconds,
    patienceSeconds: LIMITS.reviveSeconds,
    limit: LIMITS.healthCount,
  });
  return {
    checkedAt: await selectDatabaseTime(db),
    outbox: await selectBacklog(db, tenant),
    late: shownOf(late),
    stuck: late.filter(({ isStuck }) => isStuck).length,
    standing: {
      count: await countStanding(db, tenant),
      shown: await selectStanding(db, tenant, LIMITS.healthShown),
    },
    missing: shownOf(await selectAccountFindings(db, tenant, { kind: 'missing', limit: LIMITS.healthCount })),
    foreign: shownOf(await selectAccountFindings(db, tenant, { kind: 'foreign', limit: LIMITS.healthCount })),
    round: await selectRound(db, tenant.livemode),
  };
}

function shownOf<Item>(items: readonly Item[]): Shown<Item> {
  return { count: items.length, shown: items.slice(0, LIMITS.healthShown) };
}
