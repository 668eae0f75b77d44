import type { Command } from 'commander';
import type * as z from 'zod';
import { CliError } from './cli-error.ts';
import { type CommandContext, contextOf } from './command-context.ts';
import { foreignTable } from './doctor-text.ts';
import {
  type AccountHealth,
  accountHealth,
  accountRepair,
  type EndedWorkflow,
  endedWorkflows,
  type ForeignWorkflow,
} from './health-answer.ts';
import { type Host, printJson, printLine } from './host.ts';
import { startProgress } from './progress.ts';
import { pause } from './retry.ts';

const POLL_MS = 500;
/** The relay starts hundreds a second; when none starts for so long, something is wrong. */
const STALLED_MS = 20_000;

const NONE: AccountHealth['foreign_workflows'] = { count: 0, workflows: [] };

interface RepairOptions {
  readonly wait: boolean;
  readonly endForeign?: boolean;
  readonly yes?: boolean;
}

interface Rebuilt {
  readonly queued: number;
  /** Of these, the ones that were not started yet at the end. */
  readonly left: number;
}

export function addRepairCommand(program: Command, host: Host): void {
  program
    .command('repair')
    .description('rebuild all workflows from the database, after Temporal lost its store')
    .option('--no-wait', 'do not wait until all are started')
    .option('--end-foreign', 'list the workflows that no subscription asks for')
    .option('--yes', 'end the listed ones')
    .option('--json', 'print what was done as JSON')
    .addHelpText('after', '\nBills nothing twice and may be repeated; what runs is only told to look again.')
    .action((options: RepairOptions, command: Command) => repair(host, command, options));
}

async function repair(host: Host, command: Command, options: RepairOptions): Promise<void> {
  const context = await contextOf(host, command);
  const queued = await queueAll(context);
  const rebuilt = { queued, left: options.wait ? await waitUntilStarted(context, queued) : queued };
  const say = (text: string) => (context.json ? undefined : printLine(host, text));
  say(tellRebuilt(rebuilt, options.wait));
  const { count, workflows: foreign } = options.endForeign === true ? await listForeign(context) : NONE;
  if (options.endForeign === true) say(tellForeign(foreign, count));
  const ended = options.yes === true ? await endAll(context, foreign) : [];
  for (const each of ended) say(tellEnded(each));
  if (context.json) printJson(host, { ...rebuilt, foreign, ended });
  requireDone(rebuilt, options, count - ended.filter((each) => each.ended).length);
}

/** Leaves rows for all subscriptions, page by page; returns for how many. */
async function queueAll(context: CommandContext): Promise<number> {
  let queued = 0;
  let looked = 0;
  let after: string | null = null;
  let progress: ReturnType<typeof startProgress> | null = null;
  try {
    for (;;) {
      const page = await queuePage(context, after);
      progress ??= startProgress(context.host, page.total);
      queued += page.queued;
      looked += page.looked_at;
      progress.show(Math.min(looked, page.total), `${looked} of ${page.total} subscriptions looked at`);
      if (!page.has_more) return queued;
      after = page.last_id;
    }
  } finally {
    progress?.stop();
  }
}

async function queuePage({ client }: CommandContext, after: string | null): Promise<z.infer<typeof accountRepair>> {
  const body = { value: { after } };
  return (await client.call({ method: 'POST', path: '/account/repair', body }, accountRepair)).value;
}

/** Returns how many are not started when no more start. */
async function waitUntilStarted({ client, host }: CommandContext, queued: number): Promise<number> {
  const progress = startProgress(host, queued);
  let fewest = Number.POSITIVE_INFINITY;
  let stalledAtMs = performance.now() + STALLED_MS;
  try {
    for (;;) {
      const { value } = await client.call({ method: 'GET', path: '/account/health' }, accountHealth);
      const left = value.outbox.reviving;
      if (left < fewest) stalledAtMs = performance.now() + STALLED_MS;
      fewest = Math.min(fewest, left);
      const done = Math.max(0, queued - left);
      progress.show(done, `${done} of ${queued} workflows started or told to look again`);
      if (left === 0 || performance.now() > stalledAtMs) return left;
      await pause(POLL_MS, host.signal);
      if (host.signal.aborted) throw new CliError('interrupted', 'Interrupted; the workflows start by themselves.');
    }
  } finally {
    progress.stop();
  }
}

/** The first of them; what is behind these comes when the command is repeated. */
async function listForeign({ client }: CommandContext): Promise<AccountHealth['foreign_workflows']> {
  const { value } = await client.call({ method: 'GET', path: '/account/health' }, accountHealth);
  return value.foreign_workflows;
}

async function endAll({ client }: CommandContext, foreign: readonly ForeignWorkflow[]): Promise<EndedWorkflow[]> {
  if (foreign.length === 0) return [];
  const body = { value: { workflow_ids: foreign.map(({ workflow_id }) => workflow_id) } };
  const { value } = await client.call({ method: 'POST', path: '/account/end-foreign-workflows', body }, endedWorkflows);
  return value.workflows;
}

function tellRebuilt({ queued, left }: Rebuilt, hasWaited: boolean): string {
  const subscriptions = queued === 1 ? '1 subscription' : `${queued} subscriptions`;
  if (!hasWaited) return `The workflows of ${subscriptions} are being started.`;
  return left === 0
    ? `The workflows of ${subscriptions} run.`
    : `Of the workflows of ${subscriptions}, ${left} are not started yet.`;
}

function tellForeign(foreign: readonly ForeignWorkflow[], count: number): string {
  if (foreign.length === 0) return 'The reconciler has seen no workflow that no subscription asks for.';
  const more = count > foreign.length ? `\n  and ${count - foreign.length} more: repeat the command for them` : '';
  return `Running, and asked for by no subscription:\n${foreignTable(foreign)}${more}`;
}

function tellEnded({ workflow_id: id, ended, refusal }: EndedWorkflow): string {
  return ended ? `${id} was ended.` : `${id} was left alone: ${refusal?.message ?? ''}`;
}

function requireDone({ left }: Rebuilt, { wait, endForeign, yes }: RepairOptions, foreignLeft: number): void {
  if (wait && left > 0) {
    throw new CliError('attention', 'Not every workflow is started yet.', {
      fix: 'They start by themselves once a worker reaches Temporal; `durabill doctor` tells what is in the way.',
    });
  }
  if (endForeign === true && yes !== true && foreignLeft > 0) {
    throw new CliError('attention', 'Nothing was ended.', {
      fix: 'Make sure that no other installation uses this Temporal namespace, and repeat with --end-foreign --yes.',
    });
  }
}
