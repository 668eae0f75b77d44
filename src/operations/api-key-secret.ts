import { createHash, randomBytes } from 'node:crypto';

const RANDOM_BYTES = 24;
const HINT_LENGTH = 4;

/** A new API key of a mode: 192 random bits. It is shown once; the database keeps its hash. */
export function newApiKeySecret(livemode: boolean): string {
  return `fp_${livemode ? 'live' : 'test'}_${randomBytes(RANDOM_BYTES).toString('hex')}`;
}

/** What the database keeps of a key. Looked up as a whole, so comparing takes no secret-dependent time. */
export function hashApiKey(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The last characters, for a person to tell keys apart. */
export function hintOf(secret: string): string {
  return secret.slice(-HINT_LENGTH);
}
