import { payInvoice } from '../../operations/pay-invoice.ts';
import { closedObject } from '../closed-object.ts';
import { instant, metadata, positiveAmount, text } from '../request-fields.ts';
import { type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { encodeInvoice } from './codec.ts';
import { payExample } from './examples.ts';
import { invoiceAnswer } from './schemas.ts';

const payInvoiceBody = closedObject({
  amount: positiveAmount().nullish().meta({ description: 'All that is due unless given.' }),
  method: text().nullish().meta({ description: 'Such as `bank_transfer`.' }),
  reference: text().nullish().meta({ description: "The payment's own id elsewhere." }),
  paid_at: instant().nullish().meta({ description: 'Now unless given; at most an hour ahead.' }),
  metadata: metadata().nullish(),
});

export const payInvoiceEndpoint: Endpoint = endpoint({
  method: 'post',
  path: '/invoices/{id}/pay',
  role: 'admin',
  tag: 'Invoices',
  summary: 'Record a payment',
  description: 'Money that was received outside, in one or several parts; never more than is due.',
  query: takesNothing,
  body: payInvoiceBody,
  example: payExample,
  answers: { 200: { description: 'The invoice.', schema: invoiceAnswer } },
  errors: [
    'payment_exceeds_due',
    'invoice_is_draft',
    'invoice_is_void',
    'invoice_is_paid',
    'test_clock_advancing',
    'catching_up',
  ],
  handle: async ({ deps, tenant, id, body, newId }) => {
    const invoice = await payInvoice(deps.db, tenant, {
      id: newId('payment'),
      invoiceId: id,
      amount: body.amount ?? null,
      method: body.method ?? null,
      reference: body.reference ?? null,
      paidAt: body.paid_at ?? null,
      metadata: body.metadata ?? {},
    });
    return ok(encodeInvoice(deps.settings, tenant, invoice));
  },
});
