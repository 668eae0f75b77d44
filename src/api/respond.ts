import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { statusOf } from '../domain/errors/catalogue.ts';
import { Failure } from '../domain/errors/failure.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import { newId } from '../platform/new-id.ts';
import { errorBody, errorHeaders, failureOf } from './error-answer.ts';
import type { WrittenAnswer } from './idempotency.ts';

const REQUEST_ID = 'Request-Id';
const HOST = /^[A-Za-z0-9.:[\]-]{1,255}$/;

/** Gives the request its id, and tells log and metrics how it went. */
export function observe({ logger, metrics }: { logger: Logger; metrics: Metrics }): RequestHandler {
  return (request, response, next) => {
    const startedAtMs = performance.now();
    response.setHeader(REQUEST_ID, newId('request'));
    response.on('close', () => {
      const seconds = (performance.now() - startedAtMs) / 1_000;
      const route = routeOf(request);
      const status = response.writableFinished ? response.statusCode : 499;
      metrics.httpRequests.observe({ method: request.method, route, status: String(status) }, seconds);
      logger.debug({ requestId: requestIdOf(response), method: request.method, route, status, seconds }, 'request');
    });
    next();
  };
}

/** The pattern, not the path: ids would make a metric of their own each. */
function routeOf(request: Request): string {
  const route: unknown = request.route?.path;
  return typeof route === 'string' ? route : 'none';
}

export function requestIdOf(response: Response): string {
  return String(response.getHeader(REQUEST_ID) ?? '');
}

export function send(response: Response, answer: WrittenAnswer): void {
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(answer.text));
  response.status(answer.status).end(answer.text);
}

/** Answers with the error envelope, whatever was thrown. */
export function answerErrors(logger: Logger): ErrorRequestHandler {
  // oxlint-disable-next-line eslint/max-params -- Express knows a handler of errors by its four parameters.
  return (error: unknown, request, response, _next) => {
    const failure = isUnreadableUrl(error) ? noRoute() : failureOf(error);
    const requestId = requestIdOf(response);
    const status = statusOf(failure.code);
    if (status >= 500)
      logger.error({ err: error, requestId, method: request.method, route: routeOf(request) }, failure.code);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const body = errorBody(failure, { requestId, baseUrl: baseUrlOf(request) });
    send(response, { status, headers: errorHeaders(failure), text: JSON.stringify(body) });
  };
}

/** Express could not decode the path, such as `%E0%A4%A`. */
function isUnreadableUrl(error: unknown): boolean {
  return error instanceof URIError;
}

export const refuseUnknownRoute: RequestHandler = () => {
  throw noRoute();
};

function noRoute(): Failure {
  return new Failure('unknown_route', 'No endpoint has this method and path.');
}

/** As the client sees this server; the host it names is used only where it looks like one. */
export function baseUrlOf(request: Request): string {
  const host = request.headers.host ?? '';
  return HOST.test(host) ? `${request.protocol}://${host}` : '';
}
