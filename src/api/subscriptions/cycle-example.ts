import type { WorkflowCycle } from '../../orchestration/cycle.ts';
import { exampleId } from '../example.ts';

/** What the workflow of the example's subscription is, as `readCycle` gives it. */
export const EXAMPLE_CYCLE: WorkflowCycle = {
  workflowId: exampleId('subscription'),
  runId: '0198c1d2-7a3e-7f10-9c55-1f2e3d4c5b6a',
  state: 'running',
  silence: null,
  status: {
    view: {
      status: 'active',
      live: true,
      customer: 'acme',
      plan: exampleId('plan'),
      planName: 'Pro',
      period: { number: 0, start: '2026-01-05T11:00:00Z', end: '2026-02-05T11:00:00Z' },
      deadlines: [
        {
          kind: 'end_period',
          at: '2026-02-05T11:00:00Z',
          asOf: '2026-02-05T11:00:00Z',
          closes: false,
          jitterMs: 12_840,
          periodNumber: 0,
        },
      ],
      clock: null,
      attention: null,
      lastInvoice: null,
    },
    problem: null,
    lastProblem: null,
    next: {
      reason: 'end_period',
      at: '2026-02-05T11:00:12.840000Z',
      byTestClock: false,
      dueAt: '2026-02-05T11:00:00Z',
      jitterMs: 12_840,
      periodNumber: 0,
      summary: 'Period 0 ends 5 Feb 2026 11:00:00 UTC, alarm 12.84 s later',
    },
    busyWith: null,
  },
};
