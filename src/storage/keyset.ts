import { formatInstant, type Instant } from '../domain/instant.ts';

/** The rows of a list, newest first, that come after `after`; the first page where it is null. */
export interface KeysetPage {
  readonly limit: number;
  readonly after: { readonly createdAt: Instant; readonly id: string } | null;
}

/**
 * Parameters for `(created_at, id) < (${createdAt}::timestamptz, ${id})`. The first page starts at infinity, so every
 * page is one range of the same index, whatever plan PostgreSQL keeps for the statement.
 */
export function keysetStart(page: KeysetPage): { createdAt: string; id: string } {
  return page.after === null
    ? { createdAt: 'infinity', id: '' }
    : { createdAt: formatInstant(page.after.createdAt), id: page.after.id };
}
