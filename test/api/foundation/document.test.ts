import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DOCUMENTED_CODES } from '../../../src/api/error-pages.ts';
import { ENDPOINTS } from '../../../src/api/endpoints.ts';
import { ERRORS, statusOf } from '../../../src/domain/errors/catalogue.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly example?: unknown } } };
  readonly responses: Record<string, { readonly description: string }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}

let api: TestApi;
let document: Document;
beforeAll(async () => {
  api = await startTestApi();
  document = (await api.send('GET', '/openapi.json', undefined, { key: null })).body;
});
afterAll(() => api.close());

const documented = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

describe('/openapi.json', () => {
  test('has every endpoint that is served, and no other', () => {
    const served = ENDPOINTS.map(({ method, path }) => `${method} /v1${path}`);
    expect(
      documented()
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    ).toEqual(served.toSorted());
    expect(new Set(served).size).toBe(served.length);
  });

  test('has only what the server answers: without a key every operation is 401, not 404', async () => {
    for (const { path, method } of documented()) {
      const reply = await api.send(method.toUpperCase(), path.replace('{id}', 'x'), undefined, { key: null });
      expect([method, path, reply.status, reply.body.error.code]).toEqual([method, path, 401, 'missing_key']);
    }
  });

  test('names each operation once', () => {
    const ids = documented().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('knows only error codes that exist, with their statuses', () => {
    for (const { operation } of documented()) {
      for (const [status, { description }] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        const codes = [...description.matchAll(/^`([a-z_]+)`/gm)].map(([, code]) => code);
        expect(codes.length).toBeGreaterThan(0);
        for (const [code] of Object.entries(ERRORS).filter(([name]) => codes.includes(name))) {
          expect([code, String(statusOf(code as keyof typeof ERRORS))]).toEqual([code, status]);
        }
      }
    }
  });

  test('refers only to schemas that it has', () => {
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
  });
});

describe('/docs', () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    api.send('GET', path, undefined, { key: null, headers });

  test('lists every endpoint on a page without scripts, to which it leads those who have none', async () => {
    const { text, headers } = await get('/docs/endpoints');
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(text).not.toContain('<script');
    for (const { method, path } of ENDPOINTS) expect(text).toContain(`${method.toUpperCase()} /v1${path}`);
    expect((await get('/docs')).text).toMatch(/<noscript>.*<a href="\/docs\/endpoints">/s);
  });

  test('has an interactive reference whose every part is a file of this server', async () => {
    const { text, headers } = await get('/docs');
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    const links = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
    for (const path of links.filter((link) => link !== 'data:,')) {
      expect(path).toMatch(/^\/[^/]/);
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
    expect((await get('/docs/scalar.js')).text.includes('createApiReference')).toBe(true);
    expect((await get('/docs/start.js')).text).toContain('"url":"/openapi.json"');
  });

  test('lets the reference, which is given keys, talk to this server only', async () => {
    const policyOf = async (path: string) => (await get(path)).headers.get('content-security-policy')?.split(';') ?? [];
    const policy = await policyOf('/docs');
    expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", "script-src 'self'", "connect-src 'self'"]));
    for (const directive of policy)
      expect(directive).toMatch(/^[a-z-]+(?: '(?:self|none|unsafe-inline)'| data:| blob:)+$/);
    expect(policy.filter((directive) => directive.includes('unsafe-inline'))).toEqual([
      "style-src 'self' 'unsafe-inline'",
    ]);
    expect(await policyOf('/docs/errors')).toContain("script-src 'self'");
    expect(await policyOf('/docs/errors')).not.toEqual(policy);
  });

  test('sends the script of the reference compressed, and once to a browser that keeps it', async () => {
    const first = await get('/docs/scalar.js', { 'Accept-Encoding': 'gzip' });
    expect(first.headers.get('content-encoding')).toBe('gzip');
    const plain = await get('/docs/scalar.js', { 'Accept-Encoding': 'identity' });
    expect([plain.headers.get('content-encoding'), plain.text === first.text]).toEqual([null, true]);
    // `fetch` asks for a fresh copy unless it is told what a browser says.
    const kept = { 'If-None-Match': first.headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
    const again = await get('/docs/scalar.js', kept);
    expect([again.status, again.text.length]).toEqual([304, 0]);
  });

  test.each(DOCUMENTED_CODES)('has a page that says what %s means and how to mend it', async (code) => {
    const { status, text } = await api.send('GET', `/docs/errors/${code}`, undefined, { key: null });
    expect(status).toBe(200);
    expect(text).toContain(`<code>${code}</code>`);
    expect(text).toMatch(/What it means<\/h2><p>.{10,}/);
    expect(text).toMatch(/What to do<\/h2><p>(?!<\/p>)/);
  });

  test('has no page for other codes, and an index of all', async () => {
    expect((await api.send('GET', '/docs/errors/made_up', undefined, { key: null })).status).toBe(404);
    expect((await api.send('GET', '/docs/errors/toString', undefined, { key: null })).status).toBe(404);
    const { text } = await api.send('GET', '/docs/errors', undefined, { key: null });
    for (const code of DOCUMENTED_CODES) expect(text).toContain(`/docs/errors/${code}"`);
  });

  test('is where the doc_url of an error leads', async () => {
    const { body } = await api.call('GET', '/customers/nobody');
    const page = await fetch(body.error.doc_url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<code>not_found</code>');
  });
});
