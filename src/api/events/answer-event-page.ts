import type * as z from 'zod';
import { LIMITS } from '../../domain/limits.ts';
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
  const { events, next } = await listEvents(deps.db, tenant, {
    customerId: query.customer_id ?? null,
    eventName: query.event_name ?? null,
    from: query.from ?? null,
    to: query.to ?? null,
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
