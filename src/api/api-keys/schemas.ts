import * as z from 'zod';
import { answerObject, instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { listOf, pageParameters } from '../page.ts';
import { metadata, text } from '../request-fields.ts';

const role = z.enum(['admin', 'ingest', 'read']).meta({
  description: '`admin` may do everything, `ingest` only send events, `read` only GET.',
});

export const createApiKeyBody = closedObject({
  name: text().nullish(),
  role: role.default('admin'),
  metadata: metadata().nullish(),
});

export const listApiKeysQuery = closedObject(pageParameters);

export const apiKeyAnswer = answerObject('api_key', {
  name: z.string().nullable(),
  role,
  hint: z.string().meta({ description: 'The last four characters of the key.' }),
  secret: z.string().nullable().meta({ description: 'The key itself, in the answer that creates it and never again.' }),
  revoked_at: instantField().nullable(),
}).meta({ id: 'ApiKey' });

export const apiKeyListAnswer = listOf(apiKeyAnswer);
