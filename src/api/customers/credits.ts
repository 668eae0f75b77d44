import * as z from 'zod';
import { decimal, decimalText } from '../../domain/decimal.ts';
import { formatInstant } from '../../domain/instant.ts';
import { type CustomerCredits, getCustomerCredits, type GrantCredits } from '../../operations/customer-credits.ts';
import type { Tenant } from '../../storage/database.ts';
import { decimalField, instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { type Example, exampleId } from '../example.ts';
import { instant } from '../request-fields.ts';
import { type Endpoint, endpoint, ok, takesNothing } from '../route.ts';

const creditsQuery = closedObject({
  as_of: instant()
    .optional()
    .meta({
      description:
        'Now unless given. In the past: the ledger of then, and usage before it that was on no final invoice. Ahead: ' +
        'what is known today, without grants that will have ended by then.',
    }),
});

const grantCredits = z.strictObject({
  id: z.string(),
  name: z.string().nullable(),
  amount: decimalField(),
  balance: decimalField(),
  available: decimalField(),
  effective_at: instantField(),
  ends_at: instantField().nullable(),
  ends_by: z.enum(['period', 'expiry', 'revoke']).nullable(),
  priority: z.int(),
  rollover: z.boolean(),
  event_names: z.array(z.string()).nullable(),
  subscription_id: z.string().nullable(),
  status: z.enum(['active', 'ended']),
});

const creditsAnswer = z
  .strictObject({
    object: z.literal('customer_credits'),
    livemode: z.boolean(),
    customer_id: z.string(),
    as_of: instantField(),
    balance: decimalField().meta({ description: 'What the ledgers of the grants hold.' }),
    available: decimalField().meta({
      description: 'What is left of it once usage that is on no final invoice has drawn; of ended grants nothing.',
    }),
    next_end: z
      .strictObject({ grant_id: z.string(), ends_at: instantField(), amount: decimalField() })
      .nullable()
      .meta({ description: 'The grant that ends next of those with units available, and how many.' }),
    grants: z
      .array(grantCredits)
      .meta({ description: 'In the order in which they are drawn; ended ones only while they hold something.' }),
  })
  .meta({ id: 'CustomerCredits' });

const example = {
  id: 'acme',
  status: 200,
  answer: {
    object: 'customer_credits',
    livemode: false,
    customer_id: 'acme',
    as_of: '2026-01-05T14:15:00Z',
    balance: '1000',
    available: '1000',
    next_end: { grant_id: exampleId('grant'), ends_at: '2026-04-05T14:00:00Z', amount: '1000' },
    grants: [
      {
        id: exampleId('grant'),
        name: null,
        amount: '1000',
        balance: '1000',
        available: '1000',
        effective_at: '2026-01-05T14:00:00Z',
        ends_at: '2026-04-05T14:00:00Z',
        ends_by: 'expiry',
        priority: 50,
        rollover: true,
        event_names: null,
        subscription_id: null,
        status: 'active',
      },
    ],
  },
} satisfies Example;

/** Apart from the other endpoints of customers, since its example continues the story of grants. */
export const customerCreditsEndpoint: Endpoint = endpoint({
  method: 'get',
  path: '/customers/{id}/credits',
  role: 'read',
  tag: 'Customers',
  summary: "Retrieve a customer's credits",
  description:
    'What its grants hold, and what of that is available once usage that was not invoiced yet has drawn: rated as the ' +
    'closing invoices would, in their order. Late usage of periods with a final invoice lowers it when it is billed.',
  query: creditsQuery,
  body: takesNothing,
  example,
  answers: { 200: { description: 'The credits at the instant.', schema: creditsAnswer } },
  handle: async ({ deps, tenant, id, query }) => {
    const credits = await getCustomerCredits(deps.db, tenant, { customerRef: id, asOf: query.as_of ?? null });
    return ok(encodeCredits(tenant, credits));
  },
});

function encodeCredits(tenant: Tenant, credits: CustomerCredits) {
  const { nextEnd } = credits;
  return {
    object: 'customer_credits',
    livemode: tenant.livemode,
    customer_id: credits.customerExternalId,
    as_of: formatInstant(credits.asOf),
    balance: decimalText(credits.balance),
    available: decimalText(credits.available),
    next_end:
      nextEnd === null
        ? null
        : {
            grant_id: nextEnd.grantId,
            ends_at: formatInstant(nextEnd.endsAt),
            amount: decimalText(nextEnd.amount),
          },
    grants: credits.grants.map(encodeGrant),
  };
}

function encodeGrant({ grant, balance, available, endsAt, endsBy, status }: GrantCredits) {
  return {
    id: grant.id,
    name: grant.name,
    amount: decimalText(decimal(grant.amount)),
    balance: decimalText(balance),
    available: decimalText(available),
    effective_at: formatInstant(grant.effectiveAt),
    ends_at: formatInstant(endsAt),
    ends_by: endsBy,
    priority: grant.priority,
    rollover: grant.rollover,
    event_names: grant.eventNames,
    subscription_id: grant.subscriptionId,
    status,
  };
}
