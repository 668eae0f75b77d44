import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { type Instant, instantFromMicros } from '../../src/domain/instant.ts';

/** A timer that rang, and the activity that the workflow ran next. */
export interface WakeUp {
  readonly why: string;
  /** What it was set for: the time of the task in which the workflow set it, and how long it was to run. */
  readonly rang: Instant;
  readonly activity: string | null;
}

/** Every run of a workflow, the first one first. */
export async function runsOf(client: Client, workflowId: string) {
  const runs: Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>[] = [];
  let runId: string | undefined;
  do {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.unshift(history);
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
  } while (runId !== '');
  return runs;
}

/** Every timer of a workflow that rang, through all its runs, in order. */
export async function wakeUps(client: Client, workflowId: string): Promise<WakeUp[]> {
  return (await runsOf(client, workflowId)).flatMap(wakeUpsOf);
}

function wakeUpsOf({ events }: Awaited<ReturnType<typeof runsOf>>[number]): WakeUp[] {
  const timers = new Map<string, WakeUp>();
  const rung: WakeUp[] = [];
  let taskAt = 0;
  for (const event of events ?? []) {
    if (event.workflowTaskStartedEventAttributes) taskAt = tsToMs(event.eventTime);
    const started = event.timerStartedEventAttributes;
    if (started) {
      const summary = event.userMetadata?.summary;
      const why = summary ? defaultPayloadConverter.fromPayload<string>(summary) : '';
      const rang = instantFromMicros(BigInt(taskAt + tsToMs(started.startToFireTimeout)) * 1_000n);
      timers.set(started.timerId ?? '', { why, rang, activity: null });
    }
    const fired = timers.get(event.timerFiredEventAttributes?.timerId ?? '');
    if (fired !== undefined) rung.push(fired);
    const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
    const last = rung.at(-1);
    if (activity != null && last?.activity === null) rung[rung.length - 1] = { ...last, activity };
  }
  return rung;
}
