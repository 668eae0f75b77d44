import { formatInstant } from '../../domain/instant.ts';
import {
  advanceTestClock,
  createTestClock,
  deleteTestClock,
  getTestClock,
  listTestClocks,
  type TestClockProgress,
} from '../../operations/test-clocks.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { Tenant } from '../../storage/database.ts';
import { answerPage } from '../page.ts';
import { created, type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { testClockExamples } from './examples.ts';
import { advanceClockBody, clockAnswer, clockListAnswer, createClockBody, listClocksQuery } from './schemas.ts';

const tag = 'Test clocks';
const one = { 200: { description: 'The clock.', schema: clockAnswer } };

export const testClockEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/test-clocks',
    role: 'admin',
    tag,
    summary: 'Create a test clock',
    description: 'Customers created with its id live by it: a year of their billing passes in seconds.',
    query: takesNothing,
    body: createClockBody,
    example: testClockExamples.create,
    answers: { 201: { description: 'The new clock.', schema: clockAnswer } },
    errors: ['test_mode_only'],
    handle: async ({ deps, tenant, body, newId }) => {
      const clock = await createTestClock(deps.db, tenant, {
        id: newId('testClock'),
        name: body.name ?? null,
        frozenAt: body.frozen_time,
        metadata: body.metadata ?? {},
      });
      return created(encodeClock(tenant, clock));
    },
  }),
  endpoint({
    method: 'get',
    path: '/test-clocks',
    role: 'read',
    tag,
    summary: 'List test clocks',
    query: listClocksQuery,
    body: takesNothing,
    example: testClockExamples.list,
    answers: { 200: { description: 'A page of clocks, newest first.', schema: clockListAnswer } },
    errors: ['test_mode_only'],
    handle: (call) =>
      answerPage(call, {
        select: (page) => listTestClocks(call.deps.db, call.tenant, page),
        encode: (clock) => encodeClock(call.tenant, clock),
      }),
  }),
  endpoint({
    method: 'get',
    path: '/test-clocks/{id}',
    role: 'read',
    tag,
    summary: 'Retrieve a test clock',
    query: takesNothing,
    body: takesNothing,
    example: testClockExamples.get,
    answers: one,
    errors: ['test_mode_only'],
    handle: async ({ deps, tenant, id }) => ok(encodeClock(tenant, await getTestClock(deps.db, tenant, id))),
  }),
  endpoint({
    method: 'post',
    path: '/test-clocks/{id}/advance',
    role: 'admin',
    tag,
    summary: 'Advance a test clock',
    description:
      'Answers at once with status `advancing`; `ready` when everything due on the way has been done, each step at its instant.',
    query: takesNothing,
    body: advanceClockBody,
    example: testClockExamples.advance,
    answers: one,
    errors: ['test_mode_only', 'test_clock_advancing'],
    handle: async ({ deps, tenant, id, body }) => {
      const clock = await advanceTestClock(deps.db, tenant, { id, frozenAt: body.frozen_time });
      return ok(encodeClock(tenant, clock));
    },
  }),
  endpoint({
    method: 'delete',
    path: '/test-clocks/{id}',
    role: 'admin',
    tag,
    summary: 'Delete a test clock',
    description:
      'Ends the subscriptions of its customers without invoices and archives them; everything stays readable.',
    query: takesNothing,
    body: takesNothing,
    example: testClockExamples.delete,
    answers: one,
    errors: ['test_mode_only'],
    handle: async ({ deps, tenant, id }) => ok(encodeClock(tenant, await deleteTestClock(deps.db, tenant, id))),
  }),
];

function encodeClock(tenant: Tenant, clock: TestClockProgress) {
  return {
    id: clock.id,
    object: 'test_clock',
    livemode: tenant.livemode,
    created_at: formatInstant(clock.createdAt),
    name: clock.name,
    status: clock.status,
    frozen_time: formatInstant(clock.frozenAt),
    progress: { done: clock.done, total: clock.total, needs_attention: clock.needsAttention },
    deleted_at: formatInstant(clock.deletedAt),
    metadata: parseExactJson(clock.metadata),
  };
}
