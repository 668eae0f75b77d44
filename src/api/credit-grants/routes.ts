import { getCreditGrant, listCreditEntries, listCreditGrants } from '../../operations/get-credit-grant.ts';
import { grantCredits } from '../../operations/grant-credits.ts';
import { revokeGrant } from '../../operations/revoke-grant.ts';
import { customerCreditsEndpoint } from '../customers/credits.ts';
import { answerPage } from '../page.ts';
import { created, type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { encodeEntry, encodeGrant } from './codec.ts';
import { creditGrantExamples } from './examples.ts';
import {
  createGrantBody,
  entryListAnswer,
  grantAnswer,
  grantListAnswer,
  listEntriesQuery,
  listGrantsQuery,
} from './schemas.ts';

const tag = 'Credit grants';
const one = { 200: { description: 'The grant.', schema: grantAnswer } };

export const creditGrantEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/credit-grants',
    role: 'admin',
    tag,
    summary: 'Grant prepaid usage',
    description: 'Units that lower the quantity of usage in the grant’s time, before tiers and prices apply.',
    query: takesNothing,
    body: createGrantBody,
    example: creditGrantExamples.create,
    answers: { 201: { description: 'The new grant.', schema: grantAnswer } },
    errors: ['not_found', 'customer_archived', 'test_clock_advancing', 'catching_up'],
    handle: async ({ deps, tenant, body, newId }) => {
      const grant = await grantCredits(deps.db, tenant, {
        id: newId('grant'),
        customerId: body.customer_id,
        amount: body.amount,
        expiresInDays: body.expires_in_days ?? null,
        rollover: body.rollover ?? false,
        effectiveAt: body.effective_at ?? null,
        priority: body.priority ?? 50,
        eventNames: body.event_names ?? null,
        subscriptionId: body.subscription_id ?? null,
        name: body.name ?? null,
        metadata: body.metadata ?? {},
      });
      return created(encodeGrant(tenant, grant));
    },
  }),
  endpoint({
    method: 'get',
    path: '/credit-grants',
    role: 'read',
    tag,
    summary: 'List credit grants',
    query: listGrantsQuery,
    body: takesNothing,
    example: creditGrantExamples.list,
    answers: { 200: { description: 'A page of grants, newest first.', schema: grantListAnswer } },
    handle: (call) =>
      answerPage(call, {
        select: (page) =>
          listCreditGrants(call.deps.db, call.tenant, { ...page, customerRef: call.query.customer_id ?? null }),
        encode: (row) => encodeGrant(call.tenant, row),
      }),
  }),
  endpoint({
    method: 'get',
    path: '/credit-grants/{id}',
    role: 'read',
    tag,
    summary: 'Retrieve a credit grant',
    query: takesNothing,
    body: takesNothing,
    example: creditGrantExamples.get,
    answers: one,
    handle: async ({ deps, tenant, id }) => ok(encodeGrant(tenant, await getCreditGrant(deps.db, tenant, id))),
  }),
  // Its example shows the grant before that is revoked.
  customerCreditsEndpoint,
  endpoint({
    method: 'post',
    path: '/credit-grants/{id}/revoke',
    role: 'admin',
    tag,
    summary: 'Revoke a credit grant',
    description: 'It ends now: earlier usage stays covered, the rest is written off.',
    query: takesNothing,
    body: takesNothing,
    example: creditGrantExamples.revoke,
    answers: one,
    errors: ['grant_ended', 'test_clock_advancing', 'catching_up'],
    handle: async ({ deps, tenant, id }) => ok(encodeGrant(tenant, await revokeGrant(deps.db, tenant, id))),
  }),
  endpoint({
    method: 'get',
    path: '/credit-grants/{id}/entries',
    role: 'read',
    tag,
    summary: "List a grant's ledger",
    query: listEntriesQuery,
    body: takesNothing,
    example: creditGrantExamples.listEntries,
    answers: { 200: { description: 'A page of entries, newest first.', schema: entryListAnswer } },
    handle: (call) =>
      answerPage(call, {
        select: (page) => listCreditEntries(call.deps.db, call.tenant, { ...page, grantId: call.id }),
        encode: (row) => encodeEntry(call.tenant, row),
      }),
  }),
];
