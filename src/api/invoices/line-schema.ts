import * as z from 'zod';
import { PRICING_MODELS } from '../../domain/plan.ts';
import { decimalField, instantField } from '../answer-fields.ts';

const quantity = () => decimalField().nullable();

const tierAnswer = z.strictObject({
  up_to: decimalField().nullable(),
  quantity: decimalField(),
  unit_amount: decimalField(),
  flat_amount: decimalField(),
  amount_unrounded: decimalField(),
});

/** A line of an invoice, a preview or an estimate. */
export const lineAnswer = z
  .strictObject({
    id: z.string().nullable().meta({ description: 'null in previews and estimates.' }),
    charge_id: z.string().nullable(),
    kind: z.enum(['flat', 'usage', 'minimum', 'late_usage', 'proration']),
    description: z.string(),
    event_name: z.string().nullable(),
    pricing_model: z.enum(PRICING_MODELS).nullable(),
    period_number: z.int().nullable().meta({
      description: 'The period that it bills: of an advance flat the next one, of late usage an earlier one.',
    }),
    period_start: instantField().nullable(),
    period_end: instantField().nullable(),
    event_count: z.int().nullable(),
    quantity: quantity().meta({ description: 'Of the whole period so far; of a credit charge, in credits.' }),
    usage_quantity: quantity().meta({ description: 'Of a credit charge, in units of usage.' }),
    credited_quantity: quantity().meta({ description: 'What credit grants covered.' }),
    billable_quantity: quantity(),
    amount_unrounded: decimalField(),
    amount: decimalField().meta({ description: 'Rounded, without what earlier invoices of the period billed.' }),
    previously_billed: decimalField(),
    currency: z.string(),
    tiers: z.array(tierAnswer),
  })
  .meta({ id: 'Line' });
