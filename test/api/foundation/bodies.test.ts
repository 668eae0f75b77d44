import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ENDPOINTS } from '../../../src/api/endpoints.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const post = (body: string | Uint8Array, headers?: Record<string, string>) =>
  api.send('POST', '/v1/customers', body, headers === undefined ? {} : { headers });

describe('a body that is no JSON object of ours', () => {
  test.each([
    ['no JSON', '{"external_id":', 'malformed_json'],
    ['not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'malformed_json'],
    ['a comment', '{/* */}', 'malformed_json'],
    ['deep', `{"metadata":${'['.repeat(10_000)}`, 'body_too_deep'],
    ['9 levels deep', `{"metadata":${'{"a":'.repeat(8)}1${'}'.repeat(8)}}`, 'body_too_deep'],
    ['a list', '[]', 'invalid_body'],
    ['a number', '7', 'invalid_body'],
    ['null', 'null', 'invalid_body'],
    ['nothing', '', 'invalid_body'],
  ])('400 for %s', async (_, body, code) => {
    const reply = await post(body);
    expect([reply.status, reply.body.error.type, reply.body.error.code]).toEqual([400, 'invalid_request', code]);
    expect(reply.headers.get('request-id')).toBe(reply.body.error.request_id);
  });

  test('400 body_too_large above 5 MB, also when it is that only unpacked', async () => {
    const large = JSON.stringify({ external_id: 'x', name: 'x'.repeat(5_000_000) });
    expect((await post(large)).body.error.code).toBe('body_too_large');
    expect((await post(gzipSync(large), { 'Content-Encoding': 'gzip' })).body.error.code).toBe('body_too_large');
    const filled = `{"external_id":"just fits"${' '.repeat(4_900_000)}}`;
    expect((await post(filled)).status).toBe(201);
  });

  test('400 for an encoding or charset that nobody can read', async () => {
    expect((await post('{}', { 'Content-Encoding': 'zip' })).body.error.code).toBe('malformed_json');
    expect((await post('no gzip', { 'Content-Encoding': 'gzip' })).body.error.code).toBe('malformed_json');
  });

  test('is read as JSON whatever the content type says', async () => {
    const reply = await post('{"external_id":"typeless"}', { 'Content-Type': 'text/plain' });
    expect(reply.status).toBe(201);
  });
});

const NUL = '\u0000';
const LONE = '\ud800';
const HOSTILE = [
  "'; drop table customers; --",
  "1' or '1'='1",
  '$1',
  '\\',
  '%_',
  '{}',
  '[object Object]',
  'null',
  'NaN',
  '-0',
  '\u202e\ufeff\u0301',
  '👩‍👩‍👧‍👦',
  '<script>alert(1)</script>',
  '${7*7}',
  '../../etc/passwd',
  '\r\nSet-Cookie: a=b',
  '\u0001\u007f',
  'hasOwnProperty',
];

describe('text', () => {
  test.each(HOSTILE.map((text, index) => [index, text] as const))(
    'that only looks dangerous is kept as it is, case %i',
    async (index, text) => {
      const external_id = `${index} ${text}`;
      const reply = await api.call('POST', '/customers', { external_id, name: text, metadata: { [text]: text } });
      expect(reply.status).toBe(201);
      const read = await api.call('GET', `/customers/${encodeURIComponent(external_id)}`);
      expect(read.body).toMatchObject({ external_id, name: text, metadata: { [text]: text } });
    },
  );

  test.each([
    ['a NUL', { external_id: `a${NUL}b` }, 'external_id'],
    ['a lone surrogate', { external_id: `a${LONE}b` }, 'external_id'],
    ['a NUL deep inside', { external_id: 'a', address: { city: NUL } }, 'address.city'],
    ['a NUL in a name', { external_id: 'a', metadata: { [NUL]: 'x' } }, 'metadata'],
    ['a lone surrogate in a name', { external_id: 'a', metadata: { [LONE]: 'x' } }, 'metadata'],
  ])('400 for %s', async (_, body, param) => {
    const reply = await api.call('POST', '/customers', body);
    expect(reply.body.error.details).toEqual([{ param, code: 'unsafe_text', message: expect.any(String) }]);
  });

  test.each(['__proto__', 'constructor', 'prototype', '__pr\\u006fto__'])('400 for a member named %s', async (name) => {
    for (const body of [`{"${name}":{"a":1}}`, `{"external_id":"a","metadata":{"${name}":"x"}}`]) {
      const reply = await post(body);
      expect([reply.status, reply.body.error.details[0].code]).toEqual([400, 'unsafe_text']);
    }
    expect(Reflect.get({}, 'a')).toBeUndefined();
  });

  test('400 for a NUL or a repeated name in the query', async () => {
    expect((await api.call('GET', '/events?customer_id=a%00')).body.error.details[0].code).toBe('unsafe_text');
    expect((await api.call('GET', '/events?limit=1&limit=1')).body.error.code).toBe('invalid_query');
    expect((await api.call('GET', '/events?__proto__=1&constructor=2')).status).toBe(400);
  });
});

describe('every endpoint with a body', () => {
  const withBody = ENDPOINTS.filter(({ method }) => method === 'post' || method === 'patch');
  const send = (path: string, method: string, body: string) =>
    api.send(method.toUpperCase(), `/v1${path.replace('{id}', 'missing')}`, body);

  test.each(withBody.map(({ method, path }) => [method, path]))(
    '%s %s refuses what is none of its fields',
    async (method, path) => {
      const reply = await send(path, method, '{"no_such_field":1}');
      expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_body']);
      const unknown = reply.body.error.details.filter(({ code }: { code: string }) => code === 'unknown_field');
      expect(unknown.map(({ param }: { param: string }) => param)).toEqual(['no_such_field']);
    },
  );

  test.each(withBody.map(({ method, path, example }) => [method, path, example.body] as const))(
    '%s %s survives any value in any field',
    async (method, path, example) => {
      const values = [null, true, 0, -1, 1.5, 1e30, '', 'x', NUL, LONE, 'x'.repeat(1_000_000), [], {}, [[]], { a: {} }];
      const fields = Object.keys(Object(example));
      for (const field of fields) {
        for (const value of values) {
          const reply = await send(path, method, JSON.stringify({ ...Object(example), [field]: value }));
          expect([field, String(value).slice(0, 20), reply.status < 500]).toEqual([
            field,
            String(value).slice(0, 20),
            true,
          ]);
          expect(reply.text).not.toMatch(/at .*\.ts:|select |insert |node_modules/);
        }
      }
    },
  );
});

describe('routes', () => {
  test('404 unknown_route for a path or method that is none', async () => {
    for (const [method, path] of [
      ['GET', '/v1'],
      ['GET', '/v1/nothing'],
      ['PUT', '/v1/customers/x'],
      ['DELETE', '/v1/invoices/x'],
      ['GET', '/v1/Customers'],
      ['GET', '/v1/customers/%E0%A4%A'],
      ['POST', '/'],
    ] as const) {
      const reply = await api.send(method, path, undefined);
      expect([path, reply.status, reply.body.error.code]).toEqual([path, 404, 'unknown_route']);
    }
  });

  test('400 malformed_request for a head that is too large', async () => {
    for (const path of [`/v1/customers?cursor=${'x'.repeat(20_000)}`, `/v1/customers/${'x'.repeat(20_000)}`]) {
      const reply = await api.send('GET', path, undefined);
      expect([reply.status, reply.body.error.code]).toEqual([400, 'malformed_request']);
      expect(reply.headers.get('request-id')).toBe(reply.body.error.request_id);
    }
  });
});
