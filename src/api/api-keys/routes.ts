import { createApiKey } from '../../operations/create-api-key.ts';
import { revokeApiKey } from '../../operations/revoke-api-key.ts';
import { selectApiKeyPage } from '../../storage/api-keys.ts';
import { answerPage } from '../page.ts';
import { created, type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { encodeApiKey } from './codec.ts';
import { apiKeyExamples } from './examples.ts';
import { apiKeyAnswer, apiKeyListAnswer, createApiKeyBody, listApiKeysQuery } from './schemas.ts';

export const apiKeyEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/api-keys',
    role: 'admin',
    tag: 'API keys',
    summary: 'Create an API key of this mode',
    description:
      'The secret is in this answer and never again; a repetition with the same Idempotency-Key has `secret: null`.',
    query: takesNothing,
    body: createApiKeyBody,
    example: apiKeyExamples.create,
    answers: { 201: { description: 'The key with its secret.', schema: apiKeyAnswer } },
    handle: async ({ deps, tenant, body, newId }) => {
      const key = { id: newId('apiKey'), name: body.name ?? null, role: body.role, metadata: body.metadata ?? {} };
      const { row, secret } = await createApiKey(deps.db, tenant, key);
      return { ...created(encodeApiKey(tenant, row, secret)), replayBody: encodeApiKey(tenant, row) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/api-keys',
    role: 'read',
    tag: 'API keys',
    summary: 'List API keys, revoked ones too',
    query: listApiKeysQuery,
    body: takesNothing,
    example: apiKeyExamples.list,
    answers: { 200: { description: 'A page of keys, newest first.', schema: apiKeyListAnswer } },
    handle: (call) =>
      answerPage(call, {
        select: (page) => selectApiKeyPage(call.deps.db, call.tenant, page),
        encode: (row) => encodeApiKey(call.tenant, row),
      }),
  }),
  endpoint({
    method: 'delete',
    path: '/api-keys/{id}',
    role: 'admin',
    tag: 'API keys',
    summary: 'Revoke an API key',
    description: 'It ends within two seconds in every API process. The last admin key of a mode stays.',
    query: takesNothing,
    body: takesNothing,
    example: apiKeyExamples.revoke,
    answers: { 200: { description: 'The revoked key.', schema: apiKeyAnswer } },
    errors: ['last_admin_key'],
    handle: async ({ deps, tenant, id }) => {
      const row = await revokeApiKey(deps.db, tenant, id);
      deps.keys.forgetAll();
      return ok(encodeApiKey(tenant, row));
    },
  }),
];
