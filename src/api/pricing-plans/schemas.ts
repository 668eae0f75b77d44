import * as z from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { AGGREGATION_TYPES, BILL_IN, BILLING_PERIODS, PRICING_MODELS } from '../../domain/plan.ts';
import { answerObject, decimalField, instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { lineAnswer } from '../invoices/line-schema.ts';
import { listOf, pageParameters } from '../page.ts';
import { amount, currency, fixed, integerParameter, keyText, metadata, quantity, text } from '../request-fields.ts';
import { chargeBody } from './charge-schema.ts';

const charges = () => z.array(chargeBody).min(1).max(LIMITS.charges);
const minimumAmount = () =>
  amount().nullish().meta({ description: 'What all lines of a period come to at least; no minimum unless given.' });
const versionParameter = () =>
  integerParameter({ min: 1, max: 999_999_999 }).optional().meta({ description: 'The newest unless given.' });

export const createPlanBody = closedObject({
  name: text({ min: 1 }),
  currency: currency().nullish().meta({ description: "The account's unless given." }),
  billing_period: z.enum(BILLING_PERIODS).nullish().meta({ description: '`monthly` unless given.' }),
  interval_count: z.int().min(1).max(LIMITS.intervalCount).nullish().meta({ description: '1 unless given.' }),
  charges: charges(),
  minimum_amount: minimumAmount(),
  metadata: metadata().nullish(),
});

export const changePlanBody = closedObject({
  name: text({ min: 1 }).optional(),
  metadata: metadata().optional().meta({ description: 'Replaces all pairs.' }),
  currency: fixed(),
  billing_period: fixed(),
  interval_count: fixed(),
  charges: fixed().meta({ description: 'A new version has new charges.' }),
  minimum_amount: fixed().meta({ description: 'A new version has a new one.' }),
});

export const createVersionBody = closedObject({ charges: charges(), minimum_amount: minimumAmount() });

export const getPlanQuery = closedObject({ version: versionParameter() });
export const listPlansQuery = closedObject(pageParameters);

export const estimateBody = closedObject({
  usage: z.record(keyText(), quantity()).meta({
    description: 'The aggregated quantity of each charge with that event name, or of one charge by its id.',
    example: { api_call: '1500' },
  }),
});

const optionalDecimal = () => decimalField().nullable();

const chargeAnswer = z
  .strictObject({
    id: z.string(),
    name: z.string().nullable(),
    event_name: z.string().nullable(),
    pricing_model: z.enum(PRICING_MODELS),
    aggregation: z.strictObject({ type: z.enum(AGGREGATION_TYPES), property: z.string().nullable() }).nullable(),
    filters: z.record(z.string(), z.array(z.string())),
    tiers: z
      .array(z.strictObject({ up_to: optionalDecimal(), unit_amount: decimalField(), flat_amount: decimalField() }))
      .nullable(),
    amount: optionalDecimal(),
    unit_amount: optionalDecimal(),
    package_size: optionalDecimal(),
    package_amount: optionalDecimal(),
    free_units: optionalDecimal(),
    credits_per_unit: optionalDecimal(),
    bill_in: z.enum(BILL_IN).nullable(),
    charge_when: z.enum(['always', 'used']).nullable(),
    minimum_amount: optionalDecimal(),
    maximum_amount: optionalDecimal(),
  })
  .meta({ id: 'Charge' });

export const planAnswer = answerObject('pricing_plan', {
  name: z.string(),
  currency: z.string(),
  billing_period: z.enum(BILLING_PERIODS),
  interval_count: z.int(),
  version: z.int().meta({ description: 'The version that `charges` are of.' }),
  version_created_at: instantField(),
  latest_version: z.int(),
  charges: z.array(chargeAnswer),
  minimum_amount: optionalDecimal(),
  archived_at: instantField().nullable(),
}).meta({ id: 'PricingPlan' });

export const planListAnswer = listOf(planAnswer);

export const estimateAnswer = z
  .strictObject({
    object: z.literal('estimate'),
    livemode: z.boolean(),
    plan_id: z.string(),
    plan_version: z.int(),
    currency: z.string(),
    rounding: z.literal('half_up'),
    lines: z.array(lineAnswer),
    subtotal: decimalField(),
    taxes: z.array(z.never()),
    tax_total: decimalField(),
    total: decimalField(),
  })
  .meta({ id: 'Estimate' });
