import * as z from 'zod';
import type { ApiCall, ApiClient } from '../cli/api-client.ts';

const MAX_PAGE = 200;

/** Every object of a list, newest first, page after page. */
export async function listAll<Item>(
  client: ApiClient,
  list: Pick<ApiCall, 'path' | 'query'>,
  item: z.ZodType<Item>,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pagesOf(client, list, item)) items.push(...page);
  return items;
}

/** The pages, for who may stop before the last one. */
export async function* pagesOf<Item>(
  client: ApiClient,
  { path, query }: Pick<ApiCall, 'path' | 'query'>,
  item: z.ZodType<Item>,
): AsyncGenerator<Item[]> {
  const schema = z.object({ data: z.array(item), next_cursor: z.string().nullable() });
  for (let cursor: string | undefined; ; ) {
    const { value } = await client.call({ method: 'GET', path, query: { ...query, cursor, limit: MAX_PAGE } }, schema);
    yield value.data;
    if (value.next_cursor === null) return;
    cursor = value.next_cursor;
  }
}
