import { randomBytes } from 'node:crypto';
import { type Id, type IdKind, idFromUuid } from '../domain/ids.ts';

let lastMillis = 0;
let counter = 0;

/** A UUIDv7 that ascends within this process: 48 bits of milliseconds, a 12-bit counter, 62 random bits. */
export function newUuid(): string {
  const now = Date.now();
  if (now > lastMillis) {
    lastMillis = now;
    counter = 0;
  } else if (counter < 0xfff) {
    counter += 1;
  } else {
    lastMillis += 1;
    counter = 0;
  }
  const time = lastMillis.toString(16).padStart(12, '0');
  const random = randomBytes(8);
  random.writeUInt8((random.readUInt8(0) & 0x3f) | 0x80, 0);
  const tail = random.toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

export function newId<K extends IdKind>(kind: K): Id<K> {
  return idFromUuid(kind, newUuid());
}
