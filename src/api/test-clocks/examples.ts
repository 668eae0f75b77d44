import { type Example, exampleId, examplePage } from '../example.ts';

const id = exampleId('testClock');
const clock = {
  id,
  object: 'test_clock',
  livemode: false,
  created_at: '2026-01-05T15:00:00Z',
  name: 'a year of billing',
  status: 'ready',
  frozen_time: '2026-01-01T00:00:00Z',
  progress: { done: 0, total: 0, needs_attention: 0 },
  deleted_at: null,
  metadata: {},
};
/** Globex lives by it. */
const busy = {
  ...clock,
  id: exampleId('testClock', 2),
  created_at: '2026-01-05T08:00:00Z',
  name: null,
  status: 'advancing',
  frozen_time: '2027-01-01T02:00:00Z',
  progress: { done: 0, total: 2, needs_attention: 0 },
};

export const testClockExamples = {
  create: { body: { frozen_time: clock.frozen_time, name: clock.name }, status: 201, answer: clock },
  list: { query: { limit: 1 }, status: 200, answer: examplePage(clock) },
  get: { id, status: 200, answer: clock },
  advance: { id: busy.id, body: { frozen_time: busy.frozen_time }, status: 200, answer: busy },
  delete: { id, status: 200, answer: { ...clock, deleted_at: '2026-01-05T15:30:00Z' } },
} satisfies Record<string, Example>;
