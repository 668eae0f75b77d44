import * as z from 'zod';
import { answerObject, decimalField, instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { listOf, pageParameters } from '../page.ts';
import { instant, keyText, metadata, positiveAmount, text } from '../request-fields.ts';

const MAX_DAYS = 36_500;
const MAX_EVENT_NAMES = 100;

export const createGrantBody = closedObject({
  customer_id: text({ min: 1 }).meta({ description: 'external_id or `cus_…`.', example: 'acme' }),
  amount: positiveAmount().meta({ description: 'Units of usage ("events"), not money.', example: '1000' }),
  expires_in_days: z.int().min(1).max(MAX_DAYS).nullish().meta({ description: 'Days of 24 hours from effective_at.' }),
  rollover: z.boolean().nullish().meta({ description: 'false (default): ends with its billing period.' }),
  effective_at: instant().nullish().meta({ description: 'Usage from it on is covered; now unless given.' }),
  priority: z.int().min(0).max(100).nullish().meta({ description: 'Lower is drawn first; 50 unless given.' }),
  event_names: z.array(keyText()).min(1).max(MAX_EVENT_NAMES).nullish().meta({ description: 'All unless given.' }),
  subscription_id: text({ min: 1 }).nullish().meta({ description: 'All of the customer unless given.' }),
  name: text().nullish(),
  metadata: metadata().nullish(),
});

export const listGrantsQuery = closedObject({ customer_id: text({ min: 1 }).optional(), ...pageParameters });
export const listEntriesQuery = closedObject(pageParameters);

export const grantAnswer = answerObject('credit_grant', {
  customer_id: z.string(),
  name: z.string().nullable(),
  amount: decimalField(),
  balance: decimalField().meta({ description: 'The sum of its entries: what finalized invoices have left.' }),
  effective_at: instantField(),
  expires_at: instantField().nullable(),
  rollover: z.boolean(),
  priority: z.int(),
  event_names: z.array(z.string()).nullable(),
  subscription_id: z.string().nullable(),
  status: z.enum(['active', 'ended']),
  ends_at: instantField().nullable().meta({ description: 'Exclusive; null: never, or not known yet.' }),
  ends_by: z.enum(['period', 'expiry', 'revoke']).nullable(),
  revoked_at: instantField().nullable(),
}).meta({ id: 'CreditGrant' });

export const grantListAnswer = listOf(grantAnswer);

export const entryAnswer = answerObject('credit_entry', {
  grant_id: z.string(),
  kind: z.enum(['granted', 'consumed', 'restored', 'expired', 'revoked']),
  amount: decimalField().meta({ description: 'Signed: consumed, expired and revoked are negative.' }),
  balance_after: decimalField(),
  invoice_id: z.string().nullable(),
  line_id: z.string().nullable(),
  charge_id: z.string().nullable(),
  subscription_id: z.string().nullable(),
  period_number: z.int().nullable(),
}).meta({ id: 'CreditEntry' });

export const entryListAnswer = listOf(entryAnswer);
