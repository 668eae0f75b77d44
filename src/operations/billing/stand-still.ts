import type { Instant } from '../../domain/instant.ts';
import type { UnrateableError } from '../../domain/rating/unrateable.ts';
import type { Tenant, Transaction } from '../../storage/database.ts';
import type { InvoiceRow } from '../../storage/invoices.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
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
  noteHistory(tx, subscription, { kind: 'needs_attention', at: reason.at, message });
  return JSON.stringify([{ code, charge_id: null, message }]);
}

/** Whether a draft is what its subscription stands still for: its issues name the attention's code. */
export function isHeldFor(draft: Pick<InvoiceRow, 'status' | 'issues'>, attentionCode: string): boolean {
  const issues: readonly { readonly code: string }[] = JSON.parse(draft.issues);
  return draft.status === 'draft' && issues.some(({ code }) => code === attentionCode);
}
