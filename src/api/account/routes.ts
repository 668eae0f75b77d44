import { changeAccount } from '../../operations/change-account.ts';
import { selectAccount } from '../../storage/accounts.ts';
import { type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { decodeAccountChanges, encodeAccount } from './codec.ts';
import { accountExamples } from './examples.ts';
import { accountHealthEndpoint } from './health.ts';
import { endForeignWorkflowsEndpoint, repairAccountEndpoint } from './repair.ts';
import { accountAnswer, changeAccountBody } from './schemas.ts';
import { verifyAccountEndpoint } from './verify.ts';

const answers = { 200: { description: 'The account, as this mode has it.', schema: accountAnswer } };

export const accountEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/account',
    role: 'read',
    tag: 'Account',
    summary: 'Retrieve the account',
    description: 'Test and live mode have settings of their own.',
    query: takesNothing,
    body: takesNothing,
    example: accountExamples.get,
    answers,
    handle: async ({ deps, tenant }) => ok(encodeAccount(tenant, await selectAccount(deps.db, tenant))),
  }),
  endpoint({
    method: 'patch',
    path: '/account',
    role: 'admin',
    tag: 'Account',
    summary: 'Change settings of the account',
    description:
      'What exists keeps what it was made with: drafts their finalization time, customers their currency. Tax rates count for every invoice that is not final yet.',
    query: takesNothing,
    body: changeAccountBody,
    example: accountExamples.change,
    answers,
    errors: ['not_found', 'tax_rate_archived', 'mixed_tax_rates'],
    handle: async ({ deps, tenant, body }) =>
      ok(encodeAccount(tenant, await changeAccount(deps.db, tenant, decodeAccountChanges(body)))),
  }),
  verifyAccountEndpoint,
  accountHealthEndpoint,
  repairAccountEndpoint,
  endForeignWorkflowsEndpoint,
];
