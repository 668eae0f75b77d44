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

interface PageForm<Row> {
  readonly encode: (row: Row) => unknown;
  /** Where a page that ends with this row ends; unless given, the row tells it. */
  readonly position?: (row: Row) => Position;
}

interface PagePlan<Row> extends PageForm<Row> {
  readonly select: (page: KeysetPage) => Promise<readonly Row[]>;
}

interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

type PageCall = CallContext & { readonly query: PageQuery };

/** What a call asks of a list. */
export interface PageRequest {
  readonly scope: CursorScope;
  readonly limit: number;
  /** What to read: one row more than is shown, to know whether there are more. */
  readonly page: KeysetPage;
}

/** Throws Failure `invalid_cursor`. */
export async function pageRequest(call: PageCall): Promise<PageRequest> {
  const scope: CursorScope = { binding: call.listBinding, secret: await call.deps.cursorSecret() };
  const limit = call.query.limit ?? LIMITS.pageSizeDefault;
  const after = call.query.cursor === undefined ? null : decodeCursor(scope, call.query.cursor);
  return { scope, limit, page: { limit: limit + 1, after } };
}

/** The list that shows the rows which were read for a request. */
export function pageBody<Row extends Position>(request: PageRequest, rows: readonly Row[], form: PageForm<Row>) {
  const { scope, limit } = request;
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit;
  return {
    object: 'list',
    data: shown.map(form.encode),
    has_more: hasMore,
    next_cursor: hasMore && last !== undefined ? encodeCursor(scope, form.position?.(last) ?? last) : null,
  };
}

/** A list, newest first. */
export async function answerPage<Row extends Position>(call: PageCall, plan: PagePlan<Row>): Promise<Answer> {
  const request = await pageRequest(call);
  return ok(pageBody(request, await plan.select(request.page), plan));
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
