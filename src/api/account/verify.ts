import * as z from 'zod';
import { type AccountVerification, verifyAccount } from '../../operations/verify-account.ts';
import type { Tenant } from '../../storage/database.ts';
import { INVARIANTS } from '../../storage/invariants/all-invariants.ts';
import { closedObject } from '../closed-object.ts';
import { endpoint, ok, takesNothing } from '../route.ts';
import { accountExamples } from './examples.ts';

const names = z.enum(INVARIANTS.map(({ name }) => name));

const verifyAccountBody = closedObject({
  after: names.nullish().meta({ description: 'Goes on behind this one, the last that an earlier call has checked.' }),
});

export const accountVerificationAnswer = z
  .strictObject({
    object: z.literal('account_verification'),
    livemode: z.boolean(),
    invariants: z.array(
      z.strictObject({
        name: names,
        description: z.string().meta({ description: 'What is true, in a sentence.' }),
        severity: z.enum(['violation', 'warning']).meta({
          description: 'A `warning` may also come of work that is under way.',
        }),
        checked: z.boolean().meta({ description: 'false: the database was too slow to tell.' }),
        violations: z.int().meta({ description: 'How many rows break it.' }),
        examples: z
          .array(z.record(z.string(), z.string().nullable()))
          .meta({ description: 'Some of them, by what identifies them.' }),
      }),
    ),
    ok: z.boolean().meta({ description: 'Each of these was checked, and none but warnings is broken.' }),
    has_more: z.boolean().meta({ description: 'There are more to check: call again with `after`.' }),
  })
  .meta({ id: 'AccountVerification' });

export const verifyAccountEndpoint = endpoint({
  method: 'post',
  path: '/account/verify',
  role: 'admin',
  tag: 'Account',
  summary: 'Check what is always true of the books',
  description:
    'Sums, taxes, periods, numbers, ledgers, balances and references of this mode, by queries that share nothing with the code that writes them. Together with `POST /invoices/{id}/verify` for each invoice it is what `durabill verify` does. A large account takes several calls.',
  query: takesNothing,
  body: verifyAccountBody,
  example: accountExamples.verify,
  answers: { 200: { description: 'Each invariant with what breaks it.', schema: accountVerificationAnswer } },
  handle: async ({ deps, tenant, body }) =>
    ok(encodeVerification(tenant, await verifyAccount(deps.db, tenant, { after: body.after ?? null }))),
});

function encodeVerification(tenant: Tenant, made: AccountVerification) {
  return {
    object: 'account_verification',
    livemode: tenant.livemode,
    invariants: made.invariants.map(({ name, guarantee, severity, breaches }) => ({
      name,
      description: guarantee,
      severity,
      checked: breaches !== null,
      violations: Number(breaches?.count ?? 0n),
      examples: breaches?.examples ?? [],
    })),
    ok: made.ok,
    has_more: made.hasMore,
  };
}
