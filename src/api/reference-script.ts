import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { RequestHandler } from 'express';

/** Scalar's API reference as one script for browsers, and what tells one version of it from another. */
interface ReferenceScript {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
}

interface FastifyReply {
  header(name: string, value: string): FastifyReply;
  send(body: unknown): unknown;
}
interface FastifyRoute {
  readonly url: string;
  readonly handler: (request: object, reply: FastifyReply) => unknown;
}

let loaded: Promise<ReferenceScript> | null = null;

/** Loaded when the first reader of /docs asks for it: most API processes never need it. */
function referenceScript(): Promise<ReferenceScript> {
  loaded ??= load().catch((error: unknown) => {
    loaded = null;
    throw error;
  });
  return loaded;
}

/**
 * Scalar publishes its script by itself only with a build tree of 400 MB; the plugin for Fastify brings the same script
 * with 15 MB, and gives it to whoever registers its routes. Decision: docs/decisions/12-api-reference.md.
 */
async function load(): Promise<ReferenceScript> {
  const { default: register } = await import('@scalar/fastify-api-reference');
  const routes: FastifyRoute[] = [];
  const host = { route: (route: FastifyRoute) => routes.push(route), hasPlugin: () => false };
  register(host, { routePrefix: '/docs', configuration: { url: '/openapi.json' } }, () => {});
  const route = routes.find(({ url }) => url === '/docs/js/scalar.js');
  const plain = Buffer.from(sentBy(route));
  const etag = `"${createHash('sha256').update(plain).digest('base64url')}"`;
  return { plain, gzipped: await promisify(gzip)(plain), etag };
}

function sentBy(route: FastifyRoute | undefined): string {
  let sent: unknown;
  const reply: FastifyReply = {
    header: () => reply,
    send: (body) => {
      sent = body;
      return reply;
    },
  };
  route?.handler({}, reply);
  if (typeof sent !== 'string') throw new Error('The API reference has no script where this version had it.');
  return sent;
}

/** Kept by browsers, which ask each time whether it is still the one. */
export const serveReferenceScript: RequestHandler = async (request, response) => {
  const { plain, gzipped, etag } = await referenceScript();
  const takesGzip = request.acceptsEncodings('gzip') === 'gzip';
  response.set({ 'Cache-Control': 'no-cache', ETag: etag, Vary: 'Accept-Encoding' });
  if (takesGzip) response.set('Content-Encoding', 'gzip');
  response.type('js').send(takesGzip ? gzipped : plain);
};
