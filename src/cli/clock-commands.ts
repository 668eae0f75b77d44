import type { Command } from 'commander';
import * as z from 'zod';
import { CliError } from './cli-error.ts';
import { type CommandContext, contextOf } from './command-context.ts';
import { type Host, printJson, printLine } from './host.ts';
import { startProgress } from './progress.ts';
import { pause } from './retry.ts';

const testClock = z.object({
  id: z.string(),
  status: z.enum(['ready', 'advancing']),
  frozen_time: z.string(),
  progress: z.object({ done: z.int(), total: z.int(), needs_attention: z.int() }),
});
type TestClock = z.infer<typeof testClock>;

const FIRST_POLL_MS = 100;
const LAST_POLL_MS = 1_000;

export function addClockCommands(program: Command, host: Host): void {
  const clock = program.command('clock').description('test clocks: virtual time for customers of test mode');
  clock
    .command('create')
    .description('make a clock')
    .requiredOption('--at <time>', 'the time it stands at, ISO 8601 such as 2001-01-01T00:00:00Z')
    .option('--name <name>')
    .option('--json', "print the API's answer")
    .action((options: { at: string; name?: string }, command: Command) => createClock(host, command, options));
  clock
    .command('advance')
    .description('move a clock forward and wait until everything due on the way is done')
    .argument('<clock_id>')
    .requiredOption('--to <time>', 'a later time, ISO 8601')
    .option('--no-wait', 'return at once')
    .option('--json', "print the API's answer")
    .action((id: string, options: { to: string; wait: boolean }, command: Command) =>
      advanceClock(host, command, { id, ...options }),
    );
}

async function createClock(host: Host, command: Command, options: { at: string; name?: string }): Promise<void> {
  const { client, json } = await contextOf(host, command);
  const value = { frozen_time: options.at, ...(options.name === undefined ? {} : { name: options.name }) };
  const answer = await client.call({ method: 'POST', path: '/test-clocks', body: { value } }, testClock);
  if (json) return printJson(host, answer.raw);
  printLine(host, `${answer.value.id} stands at ${answer.value.frozen_time}`);
}

interface AdvanceOptions {
  readonly id: string;
  readonly to: string;
  readonly wait: boolean;
}

async function advanceClock(host: Host, command: Command, { id, to, wait }: AdvanceOptions): Promise<void> {
  const context = await contextOf(host, command);
  const path = `/test-clocks/${encodeURIComponent(id)}`;
  const body = { value: { frozen_time: to } };
  const begun = await context.client.call({ method: 'POST', path: `${path}/advance`, body }, testClock);
  const { raw, value } = wait ? await waitUntilReady(context, path, begun.value) : begun;
  if (context.json) printJson(host, raw);
  else printLine(host, `${id} is ${value.status === 'ready' ? 'at' : 'advancing to'} ${value.frozen_time}`);
  const stuck = value.progress.needs_attention;
  if (stuck > 0) {
    throw new CliError(
      'attention',
      `${stuck} ${stuck === 1 ? 'subscription needs' : 'subscriptions need'} attention.`,
      {
        fix: '`durabill doctor` lists them, with what holds each and what to do.',
      },
    );
  }
}

async function waitUntilReady({ host, client }: CommandContext, path: string, begun: TestClock) {
  const progress = startProgress(host, begun.progress.total);
  const startedAtMs = performance.now();
  try {
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.5, LAST_POLL_MS)) {
      const answer = await client.call({ method: 'GET', path }, testClock);
      const { done, total } = answer.value.progress;
      const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
      progress.show(done, `${done} of ${total} subscriptions · ${seconds} s`);
      if (answer.value.status === 'ready') return answer;
      await pause(pollMs, host.signal);
      if (host.signal.aborted) {
        throw new CliError('interrupted', 'Interrupted; the clock goes on advancing by itself.');
      }
    }
  } finally {
    progress.stop();
  }
}
