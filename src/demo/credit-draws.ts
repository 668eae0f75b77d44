import type { ApiClient } from '../cli/api-client.ts';
import { formatTable } from '../cli/table.ts';
import { decimal, decimalText } from '../domain/decimal.ts';
import { grantEntry } from './answers.ts';
import type { ChosenInvoice } from './chosen-invoice.ts';
import { listAll } from './list-all.ts';

const COLUMNS = [
  { title: 'CREDIT GRANT' },
  { title: 'DRAWN', align: 'right' },
  { title: 'LEFT AFTER IT', align: 'right' },
] as const;

/** What the invoice drew from which grant, as the ledger has it; null when nothing. */
export async function formatCreditDraws(client: ApiClient, chosen: ChosenInvoice): Promise<string | null> {
  const rows: string[][] = [];
  for (const { id, name } of chosen.subscriber.grants) {
    const entries = await listAll(client, { path: `/credit-grants/${id}/entries` }, grantEntry);
    for (const { kind, amount, balance_after: left, invoice_id: invoiceId } of entries) {
      if (kind !== 'consumed' || invoiceId !== chosen.invoice.id) continue;
      rows.push([name, decimalText(decimal(amount).negated()), left]);
    }
  }
  return rows.length === 0 ? null : formatTable(COLUMNS, rows);
}
