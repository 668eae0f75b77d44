import * as z from 'zod';
import { ID_PREFIXES } from '../../domain/ids.ts';
import { LIMITS } from '../../domain/limits.ts';
import { address, addressAnswer, email } from '../contact-fields.ts';
import { answerObject, instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { issueOf } from '../faults.ts';
import { listOf, pageParameters } from '../page.ts';
import { currency, fixed, keyText, metadata, text, timezone } from '../request-fields.ts';
import { taxRateIds } from '../tax-rate-ids.ts';

const RESERVED_PREFIX = `${ID_PREFIXES.customer}_`;

const settings = {
  name: text().nullish(),
  email: email().nullish(),
  timezone: timezone().nullish().meta({ description: "The account's unless given." }),
  address: address().nullish(),
  tax_rate_ids: taxRateIds()
    .nullish()
    .meta({ description: "All inclusive or all exclusive; the account's where there are none." }),
  tax_exempt: z
    .boolean()
    .nullish()
    .meta({ description: 'Invoices have no tax, and inclusive prices stay as they are.' }),
};

export const createCustomerBody = closedObject({
  external_id: keyText()
    .superRefine((value, context) => {
      if (value.startsWith(RESERVED_PREFIX)) {
        context.addIssue(issueOf('invalid_value', `May not start with "${RESERVED_PREFIX}": ids of this server do.`));
      }
    })
    .meta({
      description: 'Your id of the customer, as events name it. It never changes.',
      example: 'acme',
      override: { minLength: 1, maxLength: LIMITS.stringLength, pattern: `^(?!${RESERVED_PREFIX})` },
    }),
  ...settings,
  currency: currency().nullish().meta({ description: "The account's unless given; fixed by the first subscription." }),
  test_clock_id: text({ min: 1 }).nullish(),
  metadata: metadata().nullish(),
});

export const changeCustomerBody = closedObject({
  ...settings,
  currency: currency().optional(),
  test_clock_id: text({ min: 1 }).nullish().meta({ description: 'Only while the customer has had no subscription.' }),
  metadata: metadata().optional().meta({ description: 'Replaces all pairs.' }),
  external_id: fixed(),
});

export const listCustomersQuery = closedObject(pageParameters);

export const customerAnswer = answerObject('customer', {
  external_id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  currency: z.string(),
  timezone: z.string().nullable(),
  address: addressAnswer.nullable(),
  tax_rate_ids: z.array(z.string()),
  tax_exempt: z.boolean(),
  test_clock_id: z.string().nullable(),
  archived_at: instantField().nullable(),
}).meta({ id: 'Customer' });

export const customerListAnswer = listOf(customerAnswer);
