import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { ENDPOINTS } from '../../../src/api/endpoints.ts';
import { EXAMPLE_ID, exampleAnswer, exampleId } from '../../../src/api/example.ts';
import type { Endpoint } from '../../../src/api/route.ts';
import type { WorkflowServer } from '../../../src/operations/workflow-server.ts';
import { beginRound } from '../../../src/storage/reconciler-rounds.ts';
import { sql } from '../../../src/storage/sql.ts';
import { EXAMPLE_CYCLE } from '../../../src/api/subscriptions/cycle-example.ts';
import { type Reply, startTestApi, type TestApi } from '../../support/api.ts';

interface Step {
  /** The id that what this makes has in the examples. */
  readonly id: string;
  readonly path: string;
  readonly body: object;
}

function starterSubscription(number: number): Step {
  const body = { customer_id: 'globex', plan_id: exampleId('plan', 2), start_date: '2026-01-01T00:00:00Z' };
  return { id: exampleId('subscription', number), path: '/subscriptions', body };
}

const MOST = '9'.repeat(30);
const TOKENS = {
  name: 'Tokens',
  pricing_model: 'per_unit',
  event_name: 'tokens',
  unit_amount: MOST,
  aggregation: { type: 'sum', property: 'n' },
};

/** What holds up Umbrella, on a clock of its own: a month of usage that comes to more than can be billed. */
const HELD_UP: readonly Step[] = [
  { id: exampleId('testClock', 3), path: '/test-clocks', body: { frozen_time: '2026-01-11T00:00:00Z' } },
  {
    id: exampleId('customer', 4),
    path: '/customers',
    body: { external_id: 'umbrella', timezone: 'UTC', test_clock_id: exampleId('testClock', 3) },
  },
  { id: exampleId('plan', 3), path: '/pricing-plans', body: { name: 'Tokens', charges: [TOKENS] } },
  ...[1, 2].map((number) => ({
    id: exampleId('event', number + 7),
    path: '/events',
    body: {
      event_name: 'tokens',
      customer_id: 'umbrella',
      idempotency_key: `tokens ${number}`,
      timestamp: '2025-11-20T00:00:00Z',
      properties: { n: MOST },
    },
  })),
  {
    id: exampleId('subscription', 5),
    path: '/subscriptions',
    body: { customer_id: 'umbrella', plan_id: exampleId('plan', 3), start_date: '2025-11-15T00:00:00Z' },
  },
  // A command first does what is due: the end of the first period.
  { id: exampleId('grant', 9), path: '/credit-grants', body: { customer_id: 'umbrella', amount: 1, rollover: true } },
];

/** What the story finds when it begins: Globex on a clock, with a subscription to cancel and one that goes on. */
const BEFORE: readonly Step[] = [
  ...HELD_UP,
  { id: exampleId('testClock', 2), path: '/test-clocks', body: { frozen_time: '2026-01-11T00:00:00Z' } },
  {
    id: exampleId('customer', 3),
    path: '/customers',
    body: { external_id: 'globex', timezone: 'UTC', test_clock_id: exampleId('testClock', 2) },
  },
  { id: exampleId('customer', 2), path: '/customers', body: { external_id: 'initech' } },
  {
    id: exampleId('plan', 2),
    path: '/pricing-plans',
    body: { name: 'Starter', charges: [{ name: 'Base fee', pricing_model: 'flat', amount: '31' }] },
  },
  starterSubscription(2),
  starterSubscription(3),
  starterSubscription(4),
  {
    id: exampleId('subscription', 4),
    path: `/subscriptions/${exampleId('subscription', 4)}/cancel`,
    body: { at: 'period_end' },
  },
];

/** What the story's Temporal says: a worker is there, and every workflow that is asked for runs. */
const TEMPORAL: WorkflowServer = {
  countPollers: async () => ({ workflow: 1, activity: 1 }),
  findRun: async (_livemode, workflowId) => ({
    workflowId,
    runId: 'run',
    isOfBilling: true,
    subscriptionId: workflowId,
    bills: 'life',
    accountId: 1,
  }),
  terminate: async () => {},
};

let api: TestApi;
let document: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
};
/** The real id that each id of the examples stands for. */
const realIds = new Map<string, string>();

beforeAll(async () => {
  api = await startTestApi({
    settings: { temporalUiUrl: 'http://127.0.0.1:8233' },
    workflows: TEMPORAL,
    readCycle: async () => real(EXAMPLE_CYCLE),
  });
  await beginRound(api.db, false);
  await api.db.query(sql`update reconciler_rounds set finished_at = now(), walked_from = now(), walked_to = now(),
    listed_from = now(), listed_to = now()`);
  document = (await api.send('GET', '/openapi.json', undefined, { key: null })).body;
  for (const { id, path, body } of BEFORE) {
    const reply = await api.call('POST', real(path), real(body));
    if (reply.status >= 300) throw new Error(`POST ${path} gave ${reply.status}: ${reply.text}`);
    realIds.set(id, reply.body.id);
  }
});
afterAll(() => api.close());

/** With the real ids in place of those of the examples. */
function real<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value).replaceAll(EXAMPLE_ID, (id) => realIds.get(id) ?? id));
}

/** Where the example of an answer has an id that is not known yet, the answer has the one that it stands for. */
function learn(example: unknown, answer: unknown): void {
  if (typeof example === 'string' && example.match(EXAMPLE_ID)?.[0] === example) {
    if (!realIds.has(example)) realIds.set(example, String(answer));
  } else if (typeof example === 'object' && example !== null) {
    for (const [name, value] of Object.entries(example)) learn(value, Reflect.get(Object(answer), name));
  }
}

/** Without what is another at every execution: instants, secrets and cursors. As text, for the order counts. */
function lasting(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"instant"')
    .replaceAll(/"fp_test_\w+"/g, '"secret"')
    .replaceAll(/"hint": "\w{4}"/g, '"hint": "last"')
    .replaceAll(/"digest": "[0-9a-f]{64}"/g, '"digest": "sha256"')
    .replaceAll(/"next_cursor": "[\w-]+"/g, '"next_cursor": "cursor"');
}

async function carryOut({ method, path, example }: Endpoint): Promise<Reply> {
  const { id = '', query = {}, body } = real(example);
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const search = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  return api.call(method.toUpperCase(), `${path.replace('{id}', encodeURIComponent(id))}${search}`, body);
}

interface Content {
  readonly content: { readonly 'application/json': { readonly schema: object; readonly example?: unknown } };
}
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly example?: unknown }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

const operationOf = ({ method, path }: Endpoint): Operation => document.paths[`/v1${path}`]?.[method] as Operation;

/** A schema of the document as a client reads it, made from what is published and not from our own code. */
function published(schema: object | undefined): z.ZodType {
  const $defs = document.components.schemas;
  return z.fromJSONSchema(
    JSON.parse(JSON.stringify({ ...schema, $defs }).replaceAll('#/components/schemas/', '#/$defs/')),
  );
}

const table = ENDPOINTS.map((endpoint) => [endpoint.method.toUpperCase(), endpoint.path, endpoint] as const);

const schemaOf = (endpoint: Endpoint, status: number) =>
  published(operationOf(endpoint).responses[status]?.content['application/json'].schema);

describe('the example of an endpoint, carried out after those before it, answers as it says', () => {
  test.each(table)('%s %s', async (_method, _path, endpoint) => {
    const { example } = endpoint;
    for (const { status, answer } of [example, ...(example.repeated === undefined ? [] : [example.repeated])]) {
      const reply = await carryOut(endpoint);
      expect([reply.status, reply.body]).toEqual([status, expect.anything()]);
      expect(schemaOf(endpoint, status).safeParse(reply.body).error).toBeUndefined();
      learn(answer, reply.body);
      expect(lasting(reply.body)).toBe(lasting(real(answer)));
    }
  });
});

describe('/openapi.json shows the example of an endpoint, which fits its schemas', () => {
  test.each(table)('%s %s', (_method, _path, endpoint) => {
    const { example, answers } = endpoint;
    const { parameters = [], requestBody, responses } = operationOf(endpoint);
    for (const status of Object.keys(answers).map(Number)) {
      const shown = responses[status]?.content['application/json'].example;
      expect([status, shown]).toEqual([status, exampleAnswer(example, status)]);
      expect([status, schemaOf(endpoint, status).safeParse(shown).error]).toEqual([status, undefined]);
    }
    const values = parameters.filter((parameter) => parameter.example !== undefined);
    expect(Object.fromEntries(values.map((parameter) => [parameter.name, parameter.example]))).toEqual({
      ...example.query,
      ...(endpoint.path.includes('{id}') ? { id: expect.any(String) } : {}),
    });
    expect(parameters.find(({ name }) => name === 'id')?.example).toBe(example.id);

    const sent = requestBody?.content['application/json'];
    expect(sent?.example).toEqual(example.body);
    if (sent !== undefined) expect(published(sent.schema).safeParse(example.body ?? {}).error).toBeUndefined();
  });
});
