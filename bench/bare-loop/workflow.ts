import { proxyActivities, sleep } from '@temporalio/workflow';
import type { BareActivities } from './activities.ts';

const { tick } = proxyActivities<BareActivities>({ startToCloseTimeout: '1 minute' });

/** What any subscription by Temporal costs at least: a timer, an activity that does nothing, and the next timer. */
export async function bareLoop(wakeAtMs: number): Promise<never> {
  for (let next = wakeAtMs; ; next += 86_400_000) {
    await sleep(Math.max(1, next - Date.now()));
    await tick();
  }
}
