import { addSeconds, type Instant } from '../domain/instant.ts';
import { LIMITS } from '../domain/limits.ts';
import type { HealthFacts } from './account-health.ts';

export const PROBLEM_CODES = [
  'temporal_unreachable',
  'no_workers',
  'reconciler_late',
  'workflows_not_compared',
  'nudges_late',
  'workflows_missing',
  'boundaries_overdue',
  'needs_attention',
  'workflows_foreign',
] as const;

/** Something that needs a person. */
export interface HealthProblem {
  readonly code: (typeof PROBLEM_CODES)[number];
  /** What is wrong, in a sentence. */
  readonly message: string;
  /** What to do. */
  readonly fix: string;
}

/** Pure: what of these facts needs a person, causes first. What mends itself within minutes is none. */
export function problemsOf(facts: HealthFacts): HealthProblem[] {
  return [...serverProblems(facts), ...reconcilerProblems(facts), ...subscriptionProblems(facts)];
}

function serverProblems({ pollers }: HealthFacts): HealthProblem[] {
  if (pollers === null) {
    return [
      {
        code: 'temporal_unreachable',
        message: 'The API cannot reach Temporal, so nobody knows whether workers ask it for tasks.',
        fix: 'Start Temporal, or correct TEMPORAL_ADDRESS. Commands work meanwhile; what became due is carried out once it is back.',
      },
    ];
  }
  const kinds = (['workflow', 'activity'] as const).filter((kind) => pollers[kind] === 0);
  if (kinds.length === 0) return [];
  const message = `No worker has asked Temporal for ${kinds.join(' or ')} tasks within five minutes: nothing is billed.`;
  return [{ code: 'no_workers', message, fix: 'Start a worker, and see its log for why it ended or waits.' }];
}

function reconcilerProblems({ round, checkedAt }: HealthFacts): HealthProblem[] {
  const problems: HealthProblem[] = [];
  const finishedAt = round?.finishedAt ?? null;
  if (isOlder(finishedAt, checkedAt, LIMITS.reconcilerSeconds)) {
    const since = finishedAt === null ? 'has never ended a round' : 'has ended no round for more than five minutes';
    problems.push({
      code: 'reconciler_late',
      message: `The reconciler ${since}: lost alarms are not made good.`,
      fix: 'See that a worker runs and that the schedule `reconcile` is there and not paused; `npm run migrate` makes it.',
    });
  }
  const problem = round?.problem ?? null;
  if (problem !== null) {
    problems.push({
      code: 'workflows_not_compared',
      message: `The last round could not compare subscriptions and workflows: ${problem}`,
      fix: "See that Temporal's list of workflows (its visibility store) answers; the next round tries again.",
    });
  }
  return problems;
}

function subscriptionProblems(facts: HealthFacts): HealthProblem[] {
  const { outbox, missing, stuck, standing, foreign, checkedAt } = facts;
  const problems: HealthProblem[] = [];
  if (outbox.waiting > 0 && isOlder(outbox.oldestAt, checkedAt, LIMITS.nudgeSeconds)) {
    const error = outbox.lastError === null ? '' : ` The last try said: ${outbox.lastError}`;
    problems.push({
      code: 'nudges_late',
      message: `${many(outbox.waiting, 'nudge waits', 'nudges wait')} in the outbox, the oldest for more than five minutes.${error}`,
      fix: 'A worker delivers them: see that one runs and reaches Temporal.',
    });
  }
  if (missing.shown.some(({ foundAt }) => isOlder(foundAt, checkedAt, LIMITS.reviveSeconds))) {
    problems.push({
      code: 'workflows_missing',
      message: `${many(missing.count, 'subscription has', 'subscriptions have')} no running workflow, though they were started again.`,
      fix: 'See the outbox above and the log of the workers; then `durabill repair`.',
    });
  }
  if (stuck > 0) {
    problems.push({
      code: 'boundaries_overdue',
      message: `${many(stuck, 'subscription has a step that is overdue and does', 'subscriptions have steps that are overdue and do')} not go on.`,
      fix: "Look at the workflow's page (temporal_url): it says what failed. Then POST /v1/subscriptions/{id}/retry.",
    });
  }
  if (standing.count > 0) {
    problems.push({
      code: 'needs_attention',
      message: `${many(standing.count, 'subscription stands', 'subscriptions stand')} still and ${standing.count === 1 ? 'waits' : 'wait'} for you.`,
      fix: 'Mend the cause, for instance with events that correct the usage, and POST /v1/subscriptions/{id}/retry; or void the draft invoice, which waives its period.',
    });
  }
  const strange = foreign.shown.filter((each) => isStrange(each, checkedAt));
  if (strange.length > 0) {
    problems.push({
      code: 'workflows_foreign',
      message: `${many(foreign.count, 'workflow runs', 'workflows run')} that no subscription of this database asks for.`,
      fix: 'See whether another installation uses this namespace. If none does: `durabill repair --end-foreign`.',
    });
  }
  return problems;
}

/** One whose subscription is over was nudged, and ends by itself. */
function isStrange({ reason, foundAt }: HealthFacts['foreign']['shown'][number], checkedAt: Instant): boolean {
  return reason === 'no_subscription' || isOlder(foundAt, checkedAt, LIMITS.reviveSeconds);
}

/** What has never been is older than anything. */
function isOlder(instant: Instant | null, checkedAt: Instant, seconds: number): boolean {
  if (instant === null) return true;
  return addSeconds(instant, seconds) < checkedAt;
}

function many(count: number, one: string, more: string): string {
  return count === 1 ? `1 ${one}` : `${count} ${more}`;
}
