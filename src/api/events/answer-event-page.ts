import type * as z from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { eventsOfLine } from '../../operations/counted-events.ts';
import { listEvents } from '../../operations/list-events.ts';
import { type CursorScope, decodeCursor, encodeCursor } from '../cursor.ts';
import { type Answer, type CallContext, ok } from '../route.ts';
import { encodeEvent } from './codec.ts';
import type { listEventsQuery } from './schemas.ts';

/** Events are ordered by their UUID alone; the cursor's instant is not used. */
export async function answerEventPage(
  call: CallContext & { readonly query: z.output<typeof listEventsQuery> },
): Promise<Answer> {
  const { deps, tenant, query } = call;
  const scope: CursorScope = { binding: call.listBinding, secret: await deps.cursorSecret() };
  const line = query.line_id === undefined ? undefined : await eventsOfLine(deps.db, tenant, query.line_id);
  // A line that counts no events, and one that is not there, have none.
  if (line === null) return ok({ object: 'list', data: [], has_more: false, next_cursor: null });
  const given = {
    customerId: query.customer_id ?? null,
    eventName: query.event_name ?? null,
    from: query.from ?? null,
    to: query.to ?? null,
  };
  const { events, next } = await listEvents(deps.db, tenant, {
    ...(line ?? given),
    status: query.status ?? null,
    after: query.cursor === undefined ? null : decodeCursor(scope, query.cursor).id,
    limit: query.limit ?? LIMITS.pageSizeDefault,
  });
  return ok({
    object: 'list',
    data: events.map((event) => encodeEvent(tenant, event)),
    has_more: next !== null,
    next_cursor: next === null ? null : encodeCursor(scope, { createdAt: next.receivedAt, id: next.id }),
  });
}
