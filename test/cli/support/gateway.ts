import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What befalls one request between the command line and the API. */
export type Fate =
  | 'passes'
  /** The connection breaks before the API has seen the request. */
  | 'is lost'
  /** The API answers, but the connection breaks before the answer arrives. */
  | 'loses its answer'
  /** A proxy, or the API while a dependency is down, answers instead. */
  | { readonly status: number; readonly retryAfter?: string };

/** A way to the real API on which things go wrong as a test says. */
export interface Gateway {
  readonly url: string;
  /** Where requests go, with which key; may change on the way. */
  upstream: { readonly url: string; readonly testKey: string };
  /** By the ordinal of the request, from 0. */
  fateOf: (ordinal: number) => Fate;
  /** When each request came, in milliseconds of performance.now, and how many events it carried. */
  readonly requests: { readonly atMs: number; readonly events: number }[];
  close(): Promise<void>;
}

export async function openGateway(upstream: Gateway['upstream']): Promise<Gateway> {
  const server = createServer((request, response) => {
    serve(gateway, request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const gateway: Gateway = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    upstream,
    fateOf: () => 'passes',
    requests: [],
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return gateway;
}

async function serve(gateway: Gateway, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  gateway.requests.push({ atMs: performance.now(), events: body.split('"idempotency_key"').length - 1 });
  const fate = gateway.fateOf(gateway.requests.length - 1);
  if (fate === 'is lost') {
    request.socket.destroy();
  } else if (typeof fate === 'object') {
    response.writeHead(fate.status, fate.retryAfter === undefined ? {} : { 'retry-after': fate.retryAfter }).end('no');
  } else {
    const passed = await passOn(gateway.upstream, request, body);
    if (fate === 'loses its answer') request.socket.destroy();
    else response.writeHead(passed.status, { 'content-type': 'application/json' }).end(passed.text);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

async function passOn(
  { url, testKey }: Gateway['upstream'],
  { method = 'GET', url: path }: IncomingMessage,
  body: string,
): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' };
  const reply = await fetch(`${url}${path}`, { method, headers, ...(body === '' ? {} : { body }) });
  return { status: reply.status, text: await reply.text() };
}
