import type { Request } from 'express';
import { Failure } from '../domain/errors/failure.ts';
import type { KeyRing } from './key-ring.ts';
import type { Caller, Endpoint } from './route.ts';

const BEARER = /^Bearer +(fp_(?:live|test)_[A-Za-z0-9]{1,300})$/i;
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/**
 * Who calls, if the key may call this endpoint.
 *
 * @throws Failure of type `unauthorized`
 */
export async function authenticate(keys: KeyRing, request: Request, endpoint: Endpoint): Promise<Caller> {
  const header = request.headers.authorization;
  if (header === undefined || header === '') throw new Failure('missing_key', 'The request carries no API key.');
  const secret = BEARER.exec(header)?.[1];
  if (secret === undefined) {
    throw new Failure('invalid_key', 'The header has to read `Authorization: Bearer fp_test_…` or `fp_live_…`.');
  }
  if (secret.startsWith('fp_live_') && !isPrivate(request)) {
    throw new Failure('insecure_live_key', 'A live key was sent over plain HTTP; replace the key and use HTTPS.');
  }
  const key = await keys.find(secret);
  if (key === null) throw new Failure('invalid_key', 'The API key is unknown or revoked.');
  if (key.role !== 'admin' && key.role !== endpoint.role) {
    throw new Failure('key_not_permitted', `A key with the role ${key.role} may not make this call.`);
  }
  return { keyId: key.id, role: key.role, tenant: { accountId: key.accountId, livemode: key.livemode } };
}

/** Nobody on the way can read it: TLS here or at a trusted proxy, or the request never left this machine. */
function isPrivate(request: Request): boolean {
  return request.secure || LOOPBACK.test(request.ip ?? '');
}
