import { createHash } from 'node:crypto';
import { type Id, type IdKind, idFromUuid } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';

/** What a request's ids are made from: the same seed and ordinal give the same id. */
export interface IdSeed {
  readonly createdAt: Instant;
  readonly text: string;
}

/** An id like those of `newId`, but the same each time a request is attempted. */
export function stableId<K extends IdKind>(kind: K, seed: IdSeed, ordinal: number): Id<K> {
  const time = (seed.createdAt / 1_000n).toString(16).padStart(12, '0');
  const bytes = createHash('sha256').update(`${kind}\n${ordinal}\n${seed.createdAt}\n${seed.text}`).digest();
  // Version 7, variant 10 of RFC 9562; everything else is the hash instead of chance.
  bytes.writeUInt8((bytes.readUInt8(0) & 0x0f) | 0x70, 0);
  bytes.writeUInt8((bytes.readUInt8(2) & 0x3f) | 0x80, 2);
  const rest = bytes.toString('hex');
  const uuid = `${time.slice(0, 8)}-${time.slice(8)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8, 20)}`;
  return idFromUuid(kind, uuid);
}
