import type { Instant } from '../domain/instant.ts';
import { type Tenant, type Transaction, timestamptz } from './database.ts';
import { sql } from './sql.ts';

/** What payments and credit notes change of a finalized invoice. */
export interface InvoiceSettlement {
  readonly amountCredited: string;
  readonly amountPaid: string;
  readonly amountDue: string;
  readonly status: 'open' | 'paid';
  readonly paymentStatus: 'unpaid' | 'partially_paid' | 'paid' | 'not_required';
  readonly paidAt: Instant | null;
}

/** The caller holds the customer's row lock. */
export async function updateInvoiceSettlement(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  facts: InvoiceSettlement,
): Promise<void> {
  await tx.query(sql`
    update invoices set amount_credited = ${facts.amountCredited}, amount_paid = ${facts.amountPaid},
      amount_due = ${facts.amountDue}, status = ${facts.status}, payment_status = ${facts.paymentStatus},
      paid_at = ${timestamptz(facts.paidAt)}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}
      and status in ('open', 'paid')`);
}
