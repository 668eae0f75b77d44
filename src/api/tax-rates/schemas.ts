import * as z from 'zod';
import { decimal } from '../../domain/decimal.ts';
import { answerObject, decimalField, instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { issueOf } from '../faults.ts';
import { listOf, pageParameters } from '../page.ts';
import { amount, metadata, text } from '../request-fields.ts';

const MAX_PERCENTAGE = decimal('100');

const percentage = () =>
  amount()
    .superRefine((value, context) => {
      if (decimal(value).greaterThan(MAX_PERCENTAGE)) {
        context.addIssue(issueOf('too_large', 'May be at most 100.'));
      }
    })
    .meta({ description: 'Per cent, 0 to 100, with at most 12 decimals.', example: '19' });

const inclusive = () =>
  z.boolean().meta({ description: 'Whether prices contain the tax already; otherwise it comes on top.' });

export const createTaxRateBody = closedObject({
  name: text({ min: 1 }).meta({ description: 'As documents name it.', example: 'VAT' }),
  percentage: percentage(),
  inclusive: inclusive().nullish(),
  metadata: metadata().nullish(),
});

export const changeTaxRateBody = closedObject({
  name: text({ min: 1 }).optional(),
  percentage: percentage().optional(),
  inclusive: inclusive().optional(),
  metadata: metadata().optional().meta({ description: 'Replaces all pairs.' }),
});

export const listTaxRatesQuery = closedObject(pageParameters);

export const taxRateAnswer = answerObject('tax_rate', {
  name: z.string(),
  percentage: decimalField().meta({ example: '19' }),
  inclusive: z.boolean(),
  replaced_by: z.string().nullable().meta({ description: 'The rate that took its place at customers and account.' }),
  archived_at: instantField().nullable(),
}).meta({ id: 'TaxRate' });

export const taxRateListAnswer = listOf(taxRateAnswer);
