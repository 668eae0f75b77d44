import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { Failure } from '../domain/errors/failure.ts';
import { newId } from '../platform/new-id.ts';
import { errorBody } from './error-answer.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 lets the system pick one. */
  readonly port: number;
  /** PEM texts; null serves plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
}

/** A server that answers, and can be ended without losing a request that it has begun. */
export interface ListeningServer {
  readonly port: number;
  /** Stops accepting, lets running requests end for `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;

/** Starts to serve. Rejects with the system's error, such as EADDRINUSE. */
export async function listen(app: RequestListener, options: ListenOptions): Promise<ListeningServer> {
  const timeouts = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 1_000,
  };
  const server: Server =
    options.tls === null ? createHttpServer(timeouts) : createHttpsServer({ ...timeouts, ...options.tls });
  const running = trackResponses(server);
  server.on('clientError', answerUnreadable);
  server.on('request', app);
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return { port, close: (graceMs) => closeGently(server, running, graceMs) };
}

/** What Node cannot read never reaches the application, so the envelope is written by hand. */
function answerUnreadable(error: Error, socket: Duplex): void {
  if (!socket.writable || Reflect.get(error, 'code') === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const requestId = newId('request');
  const failure = new Failure('malformed_request', 'The request could not be read.');
  const body = JSON.stringify(errorBody(failure, { requestId, baseUrl: '' }));
  const head = [
    'HTTP/1.1 400 Bad Request',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

interface Running {
  closing: boolean;
  readonly responses: Set<ServerResponse>;
}

function trackResponses(server: Server): Running {
  const running: Running = { closing: false, responses: new Set() };
  server.on('request', (_request, response: ServerResponse) => {
    running.responses.add(response);
    response.on('close', () => {
      running.responses.delete(response);
      // Its headers may have gone out before the closing began, and promised to keep the connection.
      if (running.closing) setImmediate(() => server.closeIdleConnections());
    });
    if (running.closing) endConnectionAfter(response);
  });
  return running;
}

/** Without it a busy client would keep its connection, and the server, open for ever. */
function endConnectionAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

async function closeGently(server: Server, running: Running, graceMs: number): Promise<void> {
  running.closing = true;
  for (const response of running.responses) endConnectionAfter(response);
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
