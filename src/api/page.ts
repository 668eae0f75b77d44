import * as z from 'zod';
import { LIMITS } from '../domain/limits.ts';
import type { KeysetPage } from '../storage/keyset.ts';
import { type CursorScope, decodeCursor, encodeCursor, type Position } from './cursor.ts';
import { integerParameter, text } from './request-fields.ts';
import { type Answer, type CallContext, ok } from './route.ts';

/** The parameters that every list has: spread them into the list's `closedObject`. */
export const pageParameters = {
  limit: integerParameter({ min: 1, max: LIMITS.pageSizeMax })
    .optional()
    .meta({ description: `Objects a page, ${LIMITS.pageSizeDefault} unless given.` }),
  cursor: text({ min: 1, max: 4_096 }).optional().meta({ description: '`next_cursor` of the page before.' }),
};

interface PagePlan<Row> {
  readonly select: (page: KeysetPage) => Promise<readonly Row[]>;
  readonly encode: (row: Row) => unknown;
  /** Where a page that ends with this row ends; unless given, the row tells it. */
  readonly position?: (row: Row) => Position;
}

interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** A list, newest first; one row more than asked for is read to know whether there are more. */
export async function answerPage<Row extends Position>(
  call: CallContext & { readonly query: PageQuery },
  plan: PagePlan<Row>,
): Promise<Answer> {
  const scope: CursorScope = { binding: call.listBinding, secret: await call.deps.cursorSecret() };
  const limit = call.query.limit ?? LIMITS.pageSizeDefault;
  const after = call.query.cursor === undefined ? null : decodeCursor(scope, call.query.cursor);
  const rows = await plan.select({ limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit;
  return ok({
    object: 'list',
    data: shown.map(plan.encode),
    has_more: hasMore,
    next_cursor: hasMore && last !== undefined ? encodeCursor(scope, plan.position?.(last) ?? last) : null,
  });
}

/** A whole list on one page. */
export function answerAll(data: readonly unknown[]): Answer {
  return ok({ object: 'list', data, has_more: false, next_cursor: null });
}

/** Schema of a list's answer. */
export function listOf(item: z.ZodType) {
  return z.strictObject({
    object: z.literal('list'),
    data: z.array(item),
    has_more: z.boolean(),
    next_cursor: z.string().nullable().meta({ description: 'Pass it as `cursor` to get the next page.' }),
  });
}
