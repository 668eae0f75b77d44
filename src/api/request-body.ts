import express, { type Request, type Response } from 'express';
import { Failure } from '../domain/errors/failure.ts';
import { LIMITS } from '../domain/limits.ts';
import { JsonError, parseExactJson } from '../platform/exact-json.ts';
import { faultsFailure } from './route.ts';
import { unsafeTextFaults } from './unsafe-text.ts';

/** Whatever the content type says: a client that forgot the header still meant JSON. */
const readBytes = express.raw({ type: () => true, limit: LIMITS.bodyBytes });
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The request's JSON with exact numbers; an empty body is `{}`.
 *
 * @param options.checkText false where the endpoint looks for unsafe text itself
 * @throws Failure `body_too_large`, `malformed_json`, `body_too_deep`, or `invalid_body` for unsafe text
 */
export async function readJsonBody(
  request: Request,
  response: Response,
  options: { readonly checkText: boolean },
): Promise<unknown> {
  const bytes = await readAll(request, response);
  if (bytes.length === 0) return {};
  const source = decode(bytes);
  const body = parse(source);
  const faults = options.checkText ? unsafeTextFaults(source, body) : [];
  if (faults.length > 0) throw faultsFailure([], faults);
  return body;
}

async function readAll(request: Request, response: Response): Promise<Buffer> {
  await new Promise<void>((resolve, reject) => {
    readBytes(request, response, (error: unknown) => (error === undefined ? resolve() : reject(readFailure(error))));
  });
  // The parser leaves it undefined where the request has no body.
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function readFailure(error: unknown): Failure {
  const type = error instanceof Error ? Reflect.get(error, 'type') : undefined;
  if (type === 'entity.too.large') {
    return new Failure('body_too_large', `A body may have at most ${LIMITS.bodyBytes} bytes.`, { cause: error });
  }
  return new Failure('malformed_json', 'The body could not be read.', { cause: error });
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new Failure('malformed_json', 'The body is not UTF-8.', { cause: error });
  }
}

function parse(source: string): unknown {
  try {
    return parseExactJson(source);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const code = error.fault === 'too_deep' ? 'body_too_deep' : 'malformed_json';
    throw new Failure(code, error.fault === 'too_deep' ? error.message : 'The body is not valid JSON.', {
      cause: error,
    });
  }
}
