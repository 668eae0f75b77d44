import * as z from 'zod';
import { decimal } from '../../domain/decimal.ts';
import { formatInstant } from '../../domain/instant.ts';
import { formatMoney } from '../../domain/money.ts';
import { getCustomerBalance } from '../../operations/get-customer-balance.ts';
import type { BalanceEntryRow } from '../../storage/customer-balance.ts';
import type { Tenant } from '../../storage/database.ts';
import { answerObject, decimalField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { type Example, exampleId, exampleList } from '../example.ts';
import { listOf, pageBody, pageParameters, pageRequest } from '../page.ts';
import { type Endpoint, endpoint, ok, takesNothing } from '../route.ts';

const entryAnswer = answerObject('customer_balance_entry', {
  kind: z.enum(['negative_invoice', 'applied', 'returned', 'taken_back', 'credit_note']).meta({
    description:
      'negative_invoice: an invoice below zero; taken_back: its void; applied: it paid an invoice; returned: the void of that; credit_note: what its invoice no longer owed.',
  }),
  amount: decimalField().meta({ description: 'Signed: applied and taken_back are negative.' }),
  balance_after: decimalField(),
  currency: z.string(),
  invoice_id: z.string().nullable(),
  credit_note_id: z.string().nullable(),
}).meta({ id: 'CustomerBalanceEntry' });

const balanceAnswer = z
  .strictObject({
    object: z.literal('customer_balance'),
    livemode: z.boolean(),
    customer_id: z.string(),
    currency: z.string(),
    balance: decimalField().meta({ description: 'What the next invoices are paid from; never below zero.' }),
    entries: listOf(entryAnswer),
  })
  .meta({ id: 'CustomerBalance' });

const entry = {
  id: exampleId('balanceEntry'),
  object: 'customer_balance_entry',
  livemode: false,
  created_at: '2026-01-11T00:00:00Z',
  kind: 'credit_note',
  amount: '2.50',
  balance_after: '2.50',
  currency: 'USD',
  invoice_id: exampleId('invoice', 1),
  credit_note_id: exampleId('creditNote'),
  metadata: {},
};
const example = {
  id: 'globex',
  query: { limit: 10 },
  status: 200,
  answer: {
    object: 'customer_balance',
    livemode: false,
    customer_id: 'globex',
    currency: 'USD',
    balance: '2.50',
    entries: exampleList(entry),
  },
} satisfies Example;

/** Apart from the other endpoints of customers, since its example continues the story of credit notes. */
export const customerBalanceEndpoint: Endpoint = endpoint({
  method: 'get',
  path: '/customers/{id}/balance',
  role: 'read',
  tag: 'Customers',
  summary: "Retrieve a customer's money balance",
  description: 'What invoices below zero and credit notes left to it, and a page of its entries, newest first.',
  query: closedObject(pageParameters),
  body: takesNothing,
  example,
  answers: { 200: { description: 'The balance and its entries.', schema: balanceAnswer } },
  handle: async (call) => {
    const { deps, tenant, id } = call;
    const request = await pageRequest(call);
    const { after, limit } = request.page;
    const before = after === null ? null : BigInt(after.id);
    const balance = await getCustomerBalance(deps.db, tenant, { customerRef: id, before, limit });
    return ok({
      object: 'customer_balance',
      livemode: tenant.livemode,
      customer_id: balance.customerExternalId,
      currency: balance.currency,
      balance: formatMoney(decimal(balance.balance), balance.currency),
      entries: pageBody(request, balance.entries, {
        encode: (row) => encodeEntry(tenant, row),
        // Entries are in the order in which they were written, which their times alone do not tell.
        position: (row) => ({ createdAt: row.createdAt, id: row.seq.toString() }),
      }),
    });
  },
});

function encodeEntry(tenant: Tenant, row: BalanceEntryRow) {
  return {
    id: row.id,
    object: 'customer_balance_entry',
    livemode: tenant.livemode,
    created_at: formatInstant(row.createdAt),
    kind: row.kind,
    amount: formatMoney(decimal(row.amount), row.currency),
    balance_after: formatMoney(decimal(row.balanceAfter), row.currency),
    currency: row.currency,
    invoice_id: row.invoiceId,
    credit_note_id: row.creditNoteId,
    metadata: {},
  };
}
