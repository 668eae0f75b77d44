import * as z from 'zod';
import { ID_PREFIXES } from '../../domain/ids.ts';
import { LIMITS } from '../../domain/limits.ts';
import { answerObject, instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { issueOf } from '../faults.ts';
import { listOf, pageParameters } from '../page.ts';
import { currency, fixed, keyText, metadata, text, timezone, unsupported } from '../request-fields.ts';

const RESERVED_PREFIX = `${ID_PREFIXES.customer}_`;
const EMAIL = /^[^\s@]+@[^\s@]+$/;

const addressLine = () => text().nullish();
const address = () =>
  closedObject({
    line1: addressLine(),
    line2: addressLine(),
    city: addressLine(),
    state: addressLine(),
    postal_code: addressLine(),
    country: addressLine(),
  });

const email = () =>
  text({ max: 320 }).superRefine((value, context) => {
    if (!EMAIL.test(value)) context.addIssue(issueOf('invalid_value', 'Has to be an e-mail address.'));
  });

const settings = {
  name: text().nullish(),
  email: email().nullish(),
  timezone: timezone().nullish().meta({ description: "The account's unless given." }),
  address: address().nullish(),
  tax_rate_ids: unsupported([]),
  tax_exempt: unsupported(false),
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

const line = () => z.string().nullable();

export const customerAnswer = answerObject('customer', {
  external_id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  currency: z.string(),
  timezone: z.string().nullable(),
  address: z
    .strictObject({ line1: line(), line2: line(), city: line(), state: line(), postal_code: line(), country: line() })
    .nullable(),
  tax_rate_ids: z.array(z.string()),
  tax_exempt: z.boolean(),
  test_clock_id: z.string().nullable(),
  archived_at: instantField().nullable(),
}).meta({ id: 'Customer' });

export const customerListAnswer = listOf(customerAnswer);
