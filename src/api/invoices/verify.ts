import * as z from 'zod';
import { formatInstant } from '../../domain/instant.ts';
import { type InvoiceVerification, verifyInvoice } from '../../operations/verify-invoice.ts';
import type { Tenant } from '../../storage/database.ts';
import { decimalField, instantField } from '../answer-fields.ts';
import { endpoint, ok, takesNothing } from '../route.ts';
import { verifyExample } from './examples.ts';

const differenceAnswer = z.strictObject({
  path: z.string().meta({
    description:
      'What differs, such as `lines[0].amount`. A path that begins with `basis` is of what was recorded when the invoice was finalized, compared with the database.',
    example: 'lines[0].amount',
  }),
  stored: z.string().nullable().meta({ description: 'null: there is none.' }),
  recomputed: z.string().nullable().meta({ description: 'null: there is none.' }),
});

export const verificationAnswer = z
  .strictObject({
    object: z.literal('invoice_verification'),
    livemode: z.boolean(),
    invoice_id: z.string(),
    number: z.string(),
    equal: z.boolean().meta({ description: 'Nothing differs.' }),
    differences: z.array(differenceAnswer),
    recomputed: z
      .strictObject({
        subtotal: decimalField(),
        tax_total: decimalField(),
        total: decimalField(),
        balance_applied: decimalField(),
      })
      .nullable()
      .meta({ description: 'null where it could not be computed again.' }),
    problem: z.string().nullable().meta({ description: 'Why it could not be computed again.' }),
    verified_at: instantField(),
  })
  .meta({ id: 'InvoiceVerification' });

export const verifyInvoiceEndpoint = endpoint({
  method: 'post',
  path: '/invoices/{id}/verify',
  role: 'admin',
  tag: 'Invoices',
  summary: 'Compute a finalized invoice again and compare',
  description:
    'From the stored events up to its cut-off, the plan versions, and what was recorded of grants, earlier invoices, tax rates and balance when it was finalized. Every amount, quantity, tier, tax and draw has to come out the same. Nothing is written.',
  query: takesNothing,
  body: takesNothing,
  example: verifyExample,
  answers: { 200: { description: 'Whether it is equal, and each difference.', schema: verificationAnswer } },
  errors: ['invoice_not_final', 'invoice_without_basis'],
  handle: async ({ deps, tenant, id }) => ok(encodeVerification(tenant, await verifyInvoice(deps.db, tenant, id))),
});

function encodeVerification(tenant: Tenant, made: InvoiceVerification) {
  const { recomputed } = made;
  return {
    object: 'invoice_verification',
    livemode: tenant.livemode,
    invoice_id: made.invoiceId,
    number: made.number,
    equal: made.equal,
    differences: made.differences,
    recomputed:
      recomputed === null
        ? null
        : {
            subtotal: recomputed.subtotal,
            tax_total: recomputed.taxTotal,
            total: recomputed.total,
            balance_applied: recomputed.balanceApplied,
          },
    problem: made.problem,
    verified_at: formatInstant(made.verifiedAt),
  };
}
