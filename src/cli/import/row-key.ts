import { createHash } from 'node:crypto';
import { canonicalJson } from '../../platform/exact-json.ts';
import type { Columns } from './decoded-row.ts';
import type { RowOrdinals } from './row-ordinals.ts';

/**
 * The default idempotency key: `row-<sha256 of the row's canonical JSON>-<ordinal among equal rows>`. The whole row
 * counts, not the mapping: the same file imported again, sorted otherwise, or with other options never bills twice.
 * Releases must not change it, or a repeated import would bill twice.
 */
export function rowKey(columns: Columns, ordinals: RowOrdinals): string {
  const digest = createHash('sha256').update(canonicalJson(columns)).digest();
  return `row-${digest.toString('hex')}-${ordinals.next(digest)}`;
}
