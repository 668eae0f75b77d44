import { decimal, decimalText } from '../../domain/decimal.ts';
import { formatInstant } from '../../domain/instant.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { CreditEntryRow } from '../../storage/credit-entries.ts';
import type { CreditGrantRow } from '../../storage/credit-grants.ts';
import type { Tenant } from '../../storage/database.ts';

export function encodeGrant(tenant: Tenant, row: CreditGrantRow) {
  return {
    id: row.id,
    object: 'credit_grant',
    livemode: tenant.livemode,
    created_at: formatInstant(row.createdAt),
    customer_id: row.customerExternalId,
    name: row.name,
    amount: plain(row.amount),
    balance: plain(row.balance),
    effective_at: formatInstant(row.effectiveAt),
    expires_at: formatInstant(row.expiresAt),
    rollover: row.rollover,
    priority: row.priority,
    event_names: row.eventNames,
    subscription_id: row.subscriptionId,
    status: row.status,
    ends_at: formatInstant(row.endsAt),
    ends_by: row.endsBy,
    revoked_at: formatInstant(row.revokedAt),
    metadata: parseExactJson(row.metadata),
  };
}

export function encodeEntry(tenant: Tenant, row: CreditEntryRow) {
  return {
    id: row.id,
    object: 'credit_entry',
    livemode: tenant.livemode,
    created_at: formatInstant(row.createdAt),
    grant_id: row.grantId,
    kind: row.kind,
    amount: plain(row.amount),
    balance_after: plain(row.balanceAfter),
    invoice_id: row.invoiceId,
    line_id: row.lineId,
    charge_id: row.chargeId,
    subscription_id: row.subscriptionId,
    period_number: row.periodNumber,
    metadata: {},
  };
}

/** Sums in the database keep the most decimals of their terms: without trailing zeros. */
function plain(amount: string): string {
  return decimalText(decimal(amount));
}
