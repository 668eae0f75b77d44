import * as z from 'zod';
import { address, addressAnswer, email } from '../contact-fields.ts';
import { answerObject } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { currency, metadata, text, timezone } from '../request-fields.ts';
import { issueOf } from '../faults.ts';
import { taxRateIds } from '../tax-rate-ids.ts';

const MAX_DELAY_SECONDS = 2_592_000;
const MAX_NET_DAYS = 365;
const PREFIX = /^[A-Za-z0-9][A-Za-z0-9-]{0,19}$/;

export const changeAccountBody = closedObject({
  name: text({ min: 1 }).optional().meta({ description: 'With email and address, the seller on invoices.' }),
  email: email().nullish(),
  address: address().nullish(),
  currency: currency().optional().meta({ description: 'Default of new customers and plans.' }),
  timezone: timezone().optional().meta({ description: 'For customers without one of their own.' }),
  invoice_prefix: z
    .string()
    .superRefine((value, context) => {
      if (!PREFIX.test(value)) {
        context.addIssue(issueOf('invalid_value', 'Has to be 1 to 20 letters, digits and dashes, such as "INV".'));
      }
    })
    .optional()
    .meta({ override: { pattern: PREFIX.source } }),
  finalization_delay: z
    .int()
    .min(0)
    .max(MAX_DELAY_SECONDS)
    .optional()
    .meta({ description: 'Seconds from the end of a period to the finalization of its invoice; fixed on each draft.' }),
  net_days: z.int().min(0).max(MAX_NET_DAYS).optional().meta({ description: 'Days from finalization to `due_at`.' }),
  tax_rate_ids: taxRateIds()
    .optional()
    .meta({ description: 'Of customers without rates of their own; all inclusive or all exclusive.' }),
  metadata: metadata().optional(),
});

export const accountAnswer = answerObject('account', {
  name: z.string(),
  email: z.string().nullable(),
  address: addressAnswer.nullable(),
  currency: z.string(),
  timezone: z.string(),
  invoice_prefix: z.string(),
  finalization_delay: z.int().meta({ description: 'Seconds.' }),
  net_days: z.int(),
  tax_rate_ids: z.array(z.string()),
}).meta({ id: 'Account' });
