/**
 * How much later than its deadline a subscription's alarm rings: the same for one subscription every time, spread
 * evenly over the window (FNV-1a of the id), so that a common boundary does not wake everybody at once.
 */
export function jitterMsOf(subscriptionId: string, windowMs: number): number {
  if (windowMs === 0) return 0;
  let hash = 0x811c9dc5;
  for (const character of subscriptionId) {
    hash ^= character.charCodeAt(0);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash % windowMs;
}
