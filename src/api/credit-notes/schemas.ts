import * as z from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { answerObject, decimalField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { listOf, pageParameters } from '../page.ts';
import { metadata, positiveAmount, text } from '../request-fields.ts';

const lineRequest = closedObject({
  line_id: text({ min: 1 }),
  amount: positiveAmount().nullish().meta({ description: 'All that is left of the line unless given.' }),
});

export const createCreditNoteBody = closedObject({
  invoice_id: text({ min: 1 }),
  lines: z
    .array(lineRequest)
    .min(1)
    .max(LIMITS.creditNoteLines)
    .nullish()
    .meta({ description: 'All that is left of the invoice unless given. Amounts are before taxes on top.' }),
  reason: text().nullish(),
  metadata: metadata().nullish(),
});

export const listCreditNotesQuery = closedObject({
  customer_id: text({ min: 1 }).optional(),
  invoice_id: text({ min: 1 }).optional(),
  ...pageParameters,
});

const line = z.strictObject({ line_id: z.string(), description: z.string(), amount: decimalField() });

const tax = z.strictObject({
  tax_rate_id: z.string(),
  name: z.string(),
  percentage: decimalField(),
  inclusive: z.boolean(),
  taxable: decimalField(),
  amount: decimalField(),
});

export const creditNoteAnswer = answerObject('credit_note', {
  number: z.string(),
  invoice_id: z.string(),
  customer_id: z.string(),
  currency: z.string(),
  reason: z.string().nullable(),
  lines: z.array(line),
  subtotal: decimalField(),
  taxes: z.array(tax).meta({ description: "The note's share of the invoice's taxes." }),
  tax_total: decimalField(),
  total: decimalField(),
  amount_applied_to_invoice: decimalField().meta({ description: 'What lowered the amount due of the invoice.' }),
  amount_to_balance: decimalField().meta({ description: "The rest of the total, which is the customer's balance." }),
}).meta({ id: 'CreditNote' });

export const creditNoteListAnswer = listOf(creditNoteAnswer);
