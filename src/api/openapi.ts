import type { RequestHandler } from 'express';
import * as z from 'zod';
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { ERRORS, type ErrorCode, type ErrorType, statusOf } from '../domain/errors/catalogue.ts';
import { LIMITS } from '../domain/limits.ts';
import { ENDPOINTS } from './endpoints.ts';
import { exampleAnswer } from './example.ts';
import type { Endpoint } from './route.ts';

const errorSchema = z
  .strictObject({
    error: z.strictObject({
      type: z.enum([
        'invalid_request',
        'unauthorized',
        'not_found',
        'conflict',
        'rate_limited',
        'internal_error',
      ] satisfies ErrorType[]),
      code: z.string().meta({ description: 'One of the codes under /docs/errors.' }),
      message: z.string(),
      param: z.string().nullable().meta({ description: 'Path of the first fault, such as `events[3].timestamp`.' }),
      details: z.array(z.strictObject({ param: z.string().nullable(), code: z.string(), message: z.string() })),
      fix: z.string(),
      doc_url: z.string(),
      request_id: z.string(),
    }),
  })
  .meta({ id: 'Error' });

const COMMON_ERRORS: readonly ErrorCode[] = [
  'missing_key',
  'invalid_key',
  'key_not_permitted',
  'insecure_live_key',
  'invalid_query',
  'malformed_request',
  'rate_limited',
  'internal_error',
  'database_unavailable',
];
const BODY_ERRORS: readonly ErrorCode[] = ['invalid_body', 'malformed_json', 'body_too_large', 'body_too_deep'];
const KEYED_ERRORS: readonly ErrorCode[] = ['idempotency_key_reused', 'idempotency_key_in_flight'];

const requestId = { 'Request-Id': z.string() };
const idempotencyKey = {
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(LIMITS.idempotencyKeyLength)
    .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/)
    .optional()
    .meta({ description: 'A repetition with the same key and body gets the stored answer, for at least 24 hours.' }),
};

/** What every reader needs before the first call; Markdown. */
const INTRODUCTION = `Usage events in, exact invoices out.

**Keys.** Every call carries \`Authorization: Bearer fp_test_…\` or \`fp_live_…\`. The two modes are disjoint worlds.

**Examples.** They tell one story from the first endpoint to the last: Acme subscribes to Pro, uses it and is billed. Put
your own ids in place of theirs (\`plan_01jz6y…\`).

**Exactness.** Money, prices and quantities are decimal strings. Times are UTC, ISO 8601 with \`Z\`.

**Repeating.** A POST with an \`Idempotency-Key\` is carried out once; events carry keys of their own.

**Lists** are newest first; pass \`next_cursor\` as \`cursor\` to get the next page.

**Errors** name the field at fault and a way out; every code has [a page](/docs/errors). The
[list of all endpoints](/docs/endpoints) is one page without scripts.`;

/** The OpenAPI document of all endpoints, made from their schemas. */
export function openApiDocument(): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const endpoint of ENDPOINTS) {
    const path = `/v1${endpoint.path}`;
    paths[path] = { ...paths[path], [endpoint.method]: operationOf(endpoint) };
  }
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'Durabill',
      version: '1',
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key: `fp_test_…` or `fp_live_…`. The modes are disjoint worlds.',
        },
      },
    },
  };
  // A custom check says in its metadata what it takes.
  return createDocument(document, { allowEmptySchema: { custom: true } });
}

function operationOf(endpoint: Endpoint): ZodOpenApiOperationObject {
  const takesBody = endpoint.method === 'post' || endpoint.method === 'patch';
  const { id, query: exampleQuery = {} } = endpoint.example;
  const path = endpoint.path.includes('{id}') ? { path: withExamples(z.object({ id: z.string() }), { id }) } : {};
  const header = endpoint.takesIdempotencyKey ? { header: z.object(idempotencyKey) } : {};
  const query =
    endpoint.querySchema instanceof z.ZodObject ? { query: withExamples(endpoint.querySchema, exampleQuery) } : {};
  return {
    operationId: operationIdOf(endpoint),
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: [endpoint.description, `Roles: ${rolesOf(endpoint)}.`].filter(Boolean).join('\n\n'),
    requestParams: { ...path, ...query, ...header },
    ...(takesBody ? { requestBody: requestBodyOf(endpoint) } : {}),
    responses: { ...answersOf(endpoint), ...errorsOf(endpoint) },
  };
}

/**
 * Parameters with the values that the example gives to some of them. The others lose the example of their kind, which
 * a reader would send unawares.
 */
function withExamples(schema: z.ZodObject, values: Readonly<Record<string, string | number | undefined>>) {
  const shape = Object.entries(schema.shape).map(([name, field]): [string, z.ZodType] => {
    const example = values[name];
    return [name, field.meta({ example: undefined, ...(example === undefined ? {} : { param: { example } }) })];
  });
  return z.object(Object.fromEntries(shape));
}

/** `post /subscriptions/{id}/cancel` is `postSubscriptionsIdCancel`. */
function operationIdOf(endpoint: Endpoint): string {
  const words = endpoint.path.split(/[^a-z]+/).filter((word) => word !== '');
  return endpoint.method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function rolesOf(endpoint: Endpoint): string {
  return endpoint.role === 'admin' ? 'admin' : `admin, ${endpoint.role}`;
}

function requestBodyOf(endpoint: Endpoint) {
  const { body } = endpoint.example;
  const example = body === undefined ? {} : { example: body };
  const required = !endpoint.bodySchema.safeParse({}).success;
  return { required, content: { 'application/json': { schema: endpoint.bodySchema, ...example } } };
}

function answersOf(endpoint: Endpoint) {
  return Object.fromEntries(
    Object.entries(endpoint.answers).map(([status, { description, schema }]) => {
      const content = { 'application/json': { schema, example: exampleAnswer(endpoint.example, Number(status)) } };
      return [status, { description, headers: z.object(requestId), content }];
    }),
  );
}

function errorsOf(endpoint: Endpoint) {
  const takesBody = endpoint.method === 'post' || endpoint.method === 'patch';
  const codes = new Set([
    ...(endpoint.errors ?? []),
    ...(endpoint.path.includes('{id}') ? (['not_found'] as const) : []),
    ...(takesBody ? BODY_ERRORS : []),
    ...(endpoint.takesIdempotencyKey ? KEYED_ERRORS : []),
    ...COMMON_ERRORS,
  ]);
  const byStatus = Map.groupBy(codes, statusOf);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      String(status),
      {
        description: ofStatus.map((code) => `\`${code}\`: ${ERRORS[code].meaning}`).join('\n\n'),
        headers: z.object(requestId),
        content: { 'application/json': { schema: errorSchema } },
      },
    ]),
  );
}

let written: string | null = null;

export const serveOpenApi: RequestHandler = (_request, response) => {
  written ??= JSON.stringify(openApiDocument());
  response.type('json').send(written);
};
