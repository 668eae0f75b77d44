import type { Instant } from '../domain/instant.ts';
import { type Tenant, type Transaction, timestamptz } from './database.ts';
import { sql } from './sql.ts';

/** An invoice by its primary key. */
interface InvoiceKey {
  readonly tenant: Tenant;
  readonly id: string;
}

export interface DraftAmounts {
  readonly subtotal: string;
  readonly taxTotal: string;
  readonly total: string;
  readonly amountDue: string;
  /** JSON text. */
  readonly issues: string;
}

/** Takes lines and taxes from a draft; those of a finalized invoice are frozen by triggers. */
export async function deleteDraftContent(tx: Transaction, { tenant, id }: InvoiceKey): Promise<void> {
  await tx.query(sql`
    with taxes as (
      delete from invoice_taxes
      where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and invoice_id = ${id}
    )
    delete from invoice_lines
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and invoice_id = ${id}`);
}

/** Replaces a draft's amounts by a newer rating. */
export async function updateDraftAmounts(tx: Transaction, key: InvoiceKey, amounts: DraftAmounts): Promise<void> {
  await tx.query(sql`
    update invoices set subtotal = ${amounts.subtotal}, tax_total = ${amounts.taxTotal}, total = ${amounts.total},
      amount_due = ${amounts.amountDue}, issues = ${amounts.issues}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id} and status = 'draft'`);
}

export interface Finalization extends DraftAmounts {
  readonly number: string;
  readonly numberSeq: bigint;
  readonly finalizedAt: Instant;
  readonly dueAt: Instant;
  readonly usageCutoffSeq: bigint;
  readonly usageCutoffAt: Instant;
  /** Events counted for earlier periods, as int8multirange text. */
  readonly lateSeqs: string | null;
  readonly balanceApplied: string;
  /** Nothing is due: the invoice is paid at once. */
  readonly settled: boolean;
  /** JSON texts. */
  readonly basis: string;
  readonly customerDetails: string;
  readonly sellerDetails: string;
}

/** Makes a draft final: from here on a trigger keeps its content as it is. */
export async function markInvoiceFinalized(tx: Transaction, key: InvoiceKey, facts: Finalization): Promise<void> {
  await tx.query(sql`
    update invoices set number = ${facts.number}, number_seq = ${facts.numberSeq},
      finalized_at = ${timestamptz(facts.finalizedAt)}, due_at = ${timestamptz(facts.dueAt)},
      usage_cutoff_seq = ${facts.usageCutoffSeq}, usage_cutoff_at = ${timestamptz(facts.usageCutoffAt)},
      late_seqs = ${facts.lateSeqs}::int8multirange, balance_applied = ${facts.balanceApplied},
      subtotal = ${facts.subtotal}, tax_total = ${facts.taxTotal}, total = ${facts.total},
      amount_due = ${facts.amountDue}, issues = ${facts.issues}, basis = ${facts.basis},
      customer_details = ${facts.customerDetails}, seller_details = ${facts.sellerDetails},
      status = case when ${facts.settled} then 'paid' else 'open' end,
      payment_status = case when ${facts.settled} then 'not_required' else 'unpaid' end,
      paid_at = case when ${facts.settled} then ${timestamptz(facts.finalizedAt)}::timestamptz end
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id} and status = 'draft'`);
}

/** Drafts that waited for an earlier one of their subscription: their time is when that one was out of their way. */
export async function postponeDrafts(
  tx: Transaction,
  tenant: Tenant,
  postponement: { readonly ids: readonly string[]; readonly finalizeAt: Instant },
): Promise<void> {
  await tx.query(sql`
    update invoices set finalize_at = ${timestamptz(postponement.finalizeAt)}
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and id = any(${[...postponement.ids]})
      and status = 'draft'`);
}

/** Which events a draft that is voided would have counted, so that no later invoice counts them as late. */
export async function markDraftCounted(
  tx: Transaction,
  key: InvoiceKey,
  counted: Pick<Finalization, 'usageCutoffSeq' | 'lateSeqs'>,
): Promise<void> {
  await tx.query(sql`
    update invoices set usage_cutoff_seq = ${counted.usageCutoffSeq}, late_seqs = ${counted.lateSeqs}::int8multirange
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id} and status = 'draft'`);
}

/** Voids it, and remembers which invoices were final by then. `waived`: no other invoice bills its content. */
export async function markInvoiceVoid(
  tx: Transaction,
  key: InvoiceKey,
  facts: { readonly voidedAt: Instant; readonly reason: string | null; readonly waived: boolean },
): Promise<void> {
  await tx.query(sql`
    update invoices set status = 'void', voided_at = ${timestamptz(facts.voidedAt)}, void_reason = ${facts.reason},
      waived = ${facts.waived}, voided_after = coalesce((
        select c.last_number from invoice_counters c
        where c.account_id = invoices.account_id and c.livemode = invoices.livemode
      ), 0)
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id} and status <> 'void'`);
}

/** A void invoice whose content nobody bills after all. */
export async function markInvoiceWaived(tx: Transaction, key: InvoiceKey): Promise<void> {
  await tx.query(sql`
    update invoices set waived = true
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}
      and status = 'void'`);
}

/** Links a void invoice to the one that replaces it; the replacement was inserted with `replaces`. */
export async function markInvoiceReplaced(tx: Transaction, key: InvoiceKey, replacedBy: string): Promise<void> {
  await tx.query(sql`
    update invoices set replaced_by = ${replacedBy}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}
      and status = 'void'`);
}

export interface InvoiceNumber {
  readonly value: bigint;
  /** The database's clock, read after the counter was locked, so finalized_at ascends with the numbers. */
  readonly lockedAt: Instant;
}

/**
 * The next number of the account and mode. Locked last in the transaction: a rollback gives it back. What a row returns is
 * computed once its lock is held, so the clock is read then.
 */
export async function takeInvoiceNumber(tx: Transaction, tenant: Tenant): Promise<InvoiceNumber> {
  const [number] = await tx.query<InvoiceNumber>(sql`
    insert into invoice_counters (account_id, livemode, last_number) values (${tenant.accountId}, ${tenant.livemode}, 1)
    on conflict (account_id, livemode) do update set last_number = invoice_counters.last_number + 1
    returning last_number as value, clock_timestamp() as "lockedAt"`);
  if (number === undefined) throw new Error('the invoice counter gave no number');
  return number;
}
