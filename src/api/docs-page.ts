import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { ENDPOINTS } from './endpoints.ts';
import { escapeHtml, htmlPage, htmlText } from './html.ts';
import type { Endpoint } from './route.ts';

const LISTING = '/docs/endpoints';

/** How the reference looks and behaves: without anything that Scalar would fetch from its own servers. */
const CONFIGURATION = {
  url: '/openapi.json',
  metaData: { title: 'API – Durabill' },
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  documentDownloadType: 'direct',
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  authentication: { preferredSecurityScheme: 'key' },
  // A key stays in the memory of the page.
  persistAuth: false,
};

/** Starts the reference; without its script there is still the plain listing. */
const START = `if (globalThis.Scalar) Scalar.createApiReference('#reference', ${JSON.stringify(CONFIGURATION)});
else location.replace('${LISTING}');
`;

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>API – Durabill</title><link rel="icon" href="data:,"></head><body><div id="reference"></div>
<noscript><h1>Durabill API</h1><p><a href="${LISTING}">All endpoints</a> on a page without scripts,
<a href="/openapi.json">/openapi.json</a>, <a href="/docs/errors">error codes</a></p></noscript>
<script src="/docs/scalar.js"></script><script src="/docs/start.js"></script></body></html>`;

/**
 * The reference is the only page with scripts, and with a form that takes keys: whatever it runs, the browser lets it
 * talk to this server only. Its styles are made at run time. There is no upgrade to HTTPS, which a server in a local
 * network without TLS would not survive.
 */
export const allowReference: RequestHandler = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:', 'blob:'],
    fontSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

export const serveDocs: RequestHandler = (_request, response) => {
  response.type('html').send(PAGE);
};

export const serveDocsStart: RequestHandler = (_request, response) => {
  response.set('Cache-Control', 'no-cache').type('js').send(START);
};

/** All endpoints by resource, with links to the document and the error codes. */
function docsListing(): string {
  const sections = [...Map.groupBy(ENDPOINTS, ({ tag }) => tag)].map(
    ([tag, endpoints]) => `<h2>${escapeHtml(tag)}</h2><table>${endpoints.map(row).join('')}</table>`,
  );
  return htmlPage(
    'API',
    `<h1>Durabill API</h1><p>The <a href="/docs">reference</a> has the fields and examples, as
<a href="/openapi.json">/openapi.json</a> has; every error code has <a href="/docs/errors">a page</a>.</p>${sections.join('')}`,
  );
}

function row({ method, path, summary }: Endpoint): string {
  const call = `${method.toUpperCase()} /v1${path}`;
  return `<tr><td><code>${escapeHtml(call)}</code></td><td>${htmlText(summary)}</td></tr>`;
}

export const serveDocsListing: RequestHandler = (_request, response) => {
  response.type('html').send(docsListing());
};
