import type { RequestHandler } from 'express';
import { ENDPOINTS } from './endpoints.ts';
import { escapeHtml, htmlPage, htmlText } from './html.ts';
import type { Endpoint } from './route.ts';

/** All endpoints by resource, with links to the document and the error codes. */
function docsIndex(): string {
  const sections = [...Map.groupBy(ENDPOINTS, ({ tag }) => tag)].map(
    ([tag, endpoints]) => `<h2>${escapeHtml(tag)}</h2><table>${endpoints.map(row).join('')}</table>`,
  );
  return htmlPage(
    'API',
    `<h1>Durabill API</h1><p>The full description is <a href="/openapi.json">/openapi.json</a>; every error code has
<a href="/docs/errors">a page</a>.</p>${sections.join('')}`,
  );
}

function row({ method, path, summary }: Endpoint): string {
  const call = `${method.toUpperCase()} /v1${path}`;
  return `<tr><td><code>${escapeHtml(call)}</code></td><td>${htmlText(summary)}</td></tr>`;
}

export const serveDocsIndex: RequestHandler = (_request, response) => {
  response.type('html').send(docsIndex());
};
