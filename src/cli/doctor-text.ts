import { formatTable } from './table.ts';
import type { AccountHealth, ForeignWorkflow } from './health-answer.ts';

/** What each line of the report is about, and the problems that spoil it. */
const CHECKS: readonly {
  readonly title: string;
  readonly spoiledBy: readonly string[];
  readonly tell: (health: AccountHealth) => string;
}[] = [
  {
    title: 'Temporal',
    spoiledBy: ['temporal_unreachable'],
    tell: ({ temporal }) => (temporal.reachable ? 'reached' : 'cannot be reached'),
  },
  { title: 'Workers', spoiledBy: ['no_workers'], tell: tellWorkers },
  { title: 'Reconciler', spoiledBy: ['reconciler_late', 'workflows_not_compared'], tell: tellReconciler },
  { title: 'Outbox', spoiledBy: ['nudges_late'], tell: tellOutbox },
  { title: 'Boundaries', spoiledBy: ['boundaries_overdue'], tell: tellOverdue },
  {
    title: 'Subscriptions',
    spoiledBy: ['needs_attention'],
    tell: ({ needs_attention: { count } }) => (count === 0 ? 'none stands still' : `${count} need attention`),
  },
  { title: 'Workflows', spoiledBy: ['workflows_missing', 'workflows_foreign'], tell: tellWorkflows },
];

/** The report for a person: what was looked at, what is listed, and what to do. */
export function formatHealth(health: AccountHealth): string {
  return [
    `${health.livemode ? 'Live' : 'Test'} mode, at ${health.checked_at}`,
    formatChecks(health),
    ...formatStanding(health),
    ...formatOverdue(health),
    ...(health.missing_workflows.count === 0 ? [] : [formatMissing(health)]),
    ...(health.foreign_workflows.count === 0 ? [] : [formatForeign(health)]),
    formatToDo(health),
  ].join('\n\n');
}

function formatChecks(health: AccountHealth): string {
  const codes = new Set(health.problems.map(({ code }) => code));
  return formatTable(
    [{ title: '' }, { title: 'CHECK' }, { title: 'FOUND' }],
    CHECKS.map(({ title, spoiledBy, tell }) => {
      const isUnknown = title === 'Workers' && !health.temporal.reachable;
      const state = spoiledBy.some((code) => codes.has(code)) ? 'FAIL' : isUnknown ? '?' : 'ok';
      return [state, title, tell(health)];
    }),
  );
}

function tellWorkers({ temporal: { workflow_pollers: workflow, activity_pollers: activity } }: AccountHealth): string {
  if (workflow === null || activity === null) return 'unknown while Temporal cannot be reached';
  if (workflow === activity) return workflow === 0 ? 'none asks for tasks' : `${workflow} at work`;
  return `${workflow} ask for workflow tasks, ${activity} for activity tasks`;
}

function tellReconciler({ reconciler, checked_at }: AccountHealth): string {
  const { last_round_at: last, compared_at: compared, problem } = reconciler;
  if (last === null) return 'has never ended a round';
  const whole =
    compared === null ? 'not everything compared yet' : `everything compared ${age(compared, checked_at)} ago`;
  return `last round ${age(last, checked_at)} ago, ${problem === null ? whole : `could not compare: ${problem}`}`;
}

function tellOutbox({ outbox, checked_at }: AccountHealth): string {
  if (outbox.waiting === 0 || outbox.oldest_at === null) return 'empty';
  const error = outbox.last_error === null ? '' : `; the last try said: ${outbox.last_error}`;
  return `${outbox.waiting} waiting, the oldest for ${age(outbox.oldest_at, checked_at)}${error}`;
}

function tellOverdue({ overdue: { count, stuck } }: AccountHealth): string {
  if (count === 0) return 'none overdue';
  return stuck === 0 ? `${count} overdue, told to go on` : `${count} overdue, ${stuck} of them stuck`;
}

function tellWorkflows({ missing_workflows: missing, foreign_workflows: foreign }: AccountHealth): string {
  const tell = (count: number, what: string) => `${count === 0 ? 'none' : count} ${what}`;
  return `${tell(missing.count, 'missing')}, ${tell(foreign.count, 'foreign')}`;
}

function formatStanding({ needs_attention: { count, subscriptions } }: AccountHealth): string[] {
  return subscriptions.length === 0
    ? []
    : [
        [
          'Standing still:',
          ...subscriptions.map(
            (each) =>
              `  ${each.subscription_id} of ${each.customer_id} since ${each.since}: ${each.message} (${each.code})\n    ${wayOut(each)}`,
          ),
          ...andMore(count, subscriptions.length),
        ].join('\n'),
      ];
}

function wayOut({
  subscription_id: id,
  draft_invoice_id: draft,
}: AccountHealth['needs_attention']['subscriptions'][number]) {
  const retry = `POST /v1/subscriptions/${id}/retry once the cause is mended`;
  return draft === null ? retry : `${retry}, or POST /v1/invoices/${draft}/void to waive the period`;
}

function formatOverdue({ overdue: { count, subscriptions }, checked_at }: AccountHealth): string[] {
  if (subscriptions.length === 0) return [];
  const columns = [
    { title: '  SUBSCRIPTION' },
    { title: 'CUSTOMER' },
    { title: 'DUE' },
    { title: 'TOLD' },
    { title: 'SEE' },
  ];
  const rows = subscriptions.map((each) => [
    `  ${each.subscription_id}`,
    each.customer_id,
    each.due_at,
    each.nudged_at === null ? 'not yet' : `${age(each.nudged_at, checked_at)} ago`,
    each.temporal_url ?? '',
  ]);
  return [['Overdue:', formatTable(columns, rows), ...andMore(count, rows.length)].join('\n')];
}

function formatMissing({ missing_workflows: { count, workflows }, checked_at }: AccountHealth): string {
  const rows = workflows.map((each) => [`  ${each.workflow_id}`, `${age(each.found_at, checked_at)} ago`]);
  const columns = [{ title: '  WORKFLOW' }, { title: 'FOUND MISSING' }];
  return ['Missing, being started:', formatTable(columns, rows), ...andMore(count, rows.length)].join('\n');
}

function formatForeign({ foreign_workflows: { count, workflows } }: AccountHealth): string {
  return [
    'Running, and asked for by no subscription:',
    foreignTable(workflows),
    ...andMore(count, workflows.length),
  ].join('\n');
}

/** What `repair --end-foreign` lists before it ends anything. */
export function foreignTable(workflows: readonly ForeignWorkflow[]): string {
  return formatTable(
    [{ title: '  WORKFLOW' }, { title: 'TYPE' }, { title: 'STARTED' }, { title: 'WHY' }],
    workflows.map((each) => [
      `  ${each.workflow_id}`,
      each.workflow_type,
      each.started_at ?? '',
      each.reason === 'over' ? 'its subscription is over' : 'there is no such subscription',
    ]),
  );
}

function andMore(count: number, shown: number): string[] {
  return count > shown ? [`  and ${count - shown} more`] : [];
}

function formatToDo({ problems }: AccountHealth): string {
  if (problems.length === 0) return 'Nothing needs you.';
  return ['To do:', ...problems.map(({ message, fix }, index) => `${index + 1}. ${message}\n   ${fix}`)].join('\n');
}

const UNITS = [
  { seconds: 86_400, name: 'd' },
  { seconds: 3_600, name: 'h' },
  { seconds: 60, name: 'min' },
] as const;

/** How long before; by the server's clock, in one unit. */
function age(since: string, until: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(until) - Date.parse(since)) / 1_000));
  const unit = UNITS.find((each) => seconds >= each.seconds * 2);
  return unit === undefined ? `${seconds} s` : `${Math.floor(seconds / unit.seconds)} ${unit.name}`;
}
