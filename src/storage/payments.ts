import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { fragment, sql } from './sql.ts';

/** Money received for an invoice; `amount` is exact decimal text in the currency's decimals. */
export interface PaymentRow {
  readonly id: string;
  readonly invoiceId: string;
  readonly amount: string;
  readonly currency: string;
  readonly method: string | null;
  readonly reference: string | null;
  /** When the money came, as the caller said. */
  readonly paidAt: Instant;
  /** JSON text. */
  readonly metadata: string;
  readonly createdAt: Instant;
}

const COLUMNS = fragment`
  p.id, p.invoice_id as "invoiceId", p.amount, p.currency, p.method, p.reference, p.paid_at as "paidAt", p.metadata,
  p.created_at as "createdAt"`;

export async function insertPayment(tx: Transaction, tenant: Tenant, row: PaymentRow): Promise<void> {
  await tx.query(sql`
    insert into payments (account_id, livemode, id, invoice_id, amount, currency, method, reference, paid_at, metadata,
      created_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.invoiceId}, ${row.amount}, ${row.currency},
      ${row.method}, ${row.reference}, ${timestamptz(row.paidAt)}, ${row.metadata}, ${timestamptz(row.createdAt)})`);
}

/** Payments of several invoices, in the order they were recorded. Index payments_invoice. */
export async function selectPayments(
  db: Queryable,
  tenant: Tenant,
  invoiceIds: readonly string[],
): Promise<PaymentRow[]> {
  return db.query<PaymentRow>(sql`
    select ${COLUMNS} from payments p
    where p.account_id = ${tenant.accountId} and p.livemode = ${tenant.livemode}
      and p.invoice_id = any(${[...invoiceIds]})
    order by p.invoice_id, p.created_at, p.id`);
}
