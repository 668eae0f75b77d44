import type { Instant } from '../../domain/instant.ts';
import type { UnrateableError } from '../../domain/rating/unrateable.ts';
import type { Tenant, Transaction } from '../../storage/database.ts';
import { markAttention } from '../../storage/subscriptions.ts';

/**
 * A period can't be rated: its subscription needs attention (billing rules 6). Returns the issues, as JSON text, by which
 * the period's draft says why.
 */
export async function standStill(
  tx: Transaction,
  subscription: { readonly tenant: Tenant; readonly id: string },
  reason: { readonly error: UnrateableError; readonly at: Instant },
): Promise<string> {
  const { code, message } = reason.error;
  await markAttention(tx, subscription, { code, message, at: reason.at });
  return JSON.stringify([{ code, charge_id: null, message }]);
}
