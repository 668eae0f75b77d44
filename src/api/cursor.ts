import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failure } from '../domain/errors/failure.ts';
import { type Instant, instantFromMicros } from '../domain/instant.ts';

/** Where a page ended: lists are ordered by (created_at, id), newest first. */
export interface Position {
  readonly createdAt: Instant;
  readonly id: string;
}

/** What a cursor belongs to: used with another list, tenant or filter it is refused. */
export interface CursorScope {
  /** Canonical text of list, tenant and filters. */
  readonly binding: string;
  readonly secret: string;
}

const SIGNATURE_BYTES = 16;
const PAYLOAD = /^(-?\d{1,20}):([^\u0000]{1,1100})$/;

/** Opaque, signed, at microsecond precision. */
export function encodeCursor(scope: CursorScope, position: Position): string {
  const payload = `${position.createdAt}:${position.id}`;
  return Buffer.concat([sign(scope, payload), Buffer.from(payload)]).toString('base64url');
}

/** @throws Failure `invalid_cursor` */
export function decodeCursor(scope: CursorScope, cursor: string): Position {
  const bytes = Buffer.from(cursor, 'base64url');
  const signature = bytes.subarray(0, SIGNATURE_BYTES);
  const payload = bytes.subarray(SIGNATURE_BYTES).toString();
  const match = PAYLOAD.exec(payload);
  const isOurs = signature.length === SIGNATURE_BYTES && timingSafeEqual(signature, sign(scope, payload));
  if (!isOurs || match === null) {
    throw new Failure('invalid_cursor', 'The cursor does not belong to this list with these filters.', {
      param: 'cursor',
    });
  }
  return { createdAt: instantFromMicros(BigInt(match[1] ?? '')), id: match[2] ?? '' };
}

function sign(scope: CursorScope, payload: string): Buffer {
  return createHmac('sha256', scope.secret)
    .update(`${scope.binding}\n${payload}`)
    .digest()
    .subarray(0, SIGNATURE_BYTES);
}
