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
  test('lists every endpoint', async () => {
    const { text, headers } = await api.send('GET', '/docs', undefined, { key: null });
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    for (const { method, path } of ENDPOINTS) expect(text).toContain(`${method.toUpperCase()} /v1${path}`);
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
