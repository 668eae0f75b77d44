import * as z from 'zod';
import { formatInstant } from '../../domain/instant.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { PaymentRow } from '../../storage/payments.ts';
import { decimalField, instantField, metadataField } from '../answer-fields.ts';

/** A payment as a part of its invoice's answer. */
export const paymentAnswer = z
  .strictObject({
    id: z.string(),
    amount: decimalField(),
    currency: z.string(),
    method: z.string().nullable(),
    reference: z.string().nullable(),
    paid_at: instantField(),
    created_at: instantField(),
    metadata: metadataField(),
  })
  .meta({ id: 'Payment' });

export function encodePayment(row: PaymentRow) {
  return {
    id: row.id,
    amount: row.amount,
    currency: row.currency,
    method: row.method,
    reference: row.reference,
    paid_at: formatInstant(row.paidAt),
    created_at: formatInstant(row.createdAt),
    metadata: parseExactJson(row.metadata),
  };
}
