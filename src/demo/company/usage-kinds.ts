import type { RandomStream } from './random-stream.ts';

/** What the company meters, by event name. */
export type UsageKind = 'completion' | 'request' | 'image' | 'transfer' | 'fine_tune';

/**
 * The `properties` of one event, as JSON text. Decimals are made of whole numbers of their smallest part and written
 * digit by digit, so that what is sent is exactly what was meant.
 */
export function propertiesOf(kind: UsageKind, random: RandomStream): string {
  switch (kind) {
    case 'completion': {
      const model = random.between(1, 100) <= 70 ? 'small' : 'large';
      return `{"model":"${model}","kilotokens":${decimalOf(random.between(2_000, 400_000), 3)}}`;
    }
    case 'request':
      return `{"calls":${random.between(50, 5_000)}}`;
    case 'image':
      return `{"size":"${random.between(1, 100) <= 75 ? 'standard' : 'hd'}"}`;
    case 'transfer': {
      const millionths = random.between(0, 59) * 1_000_000 + random.between(1, 999_999);
      return `{"gigabytes":${decimalOf(millionths, 6)}}`;
    }
    case 'fine_tune':
      return `{"minutes":${random.between(15, 480)}}`;
  }
}

/** `decimalOf(1204, 3)` is `1.204`. */
function decimalOf(parts: number, places: number): string {
  const digits = String(parts).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
