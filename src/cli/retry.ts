import { setTimeout as delay } from 'node:timers/promises';

export interface RetryPolicy {
  /** Tries in all, for failures other than rate limits. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** A person waits: give up soon. */
export const QUICK_RETRIES: RetryPolicy = { attempts: 3, firstDelayMs: 250, maxDelayMs: 2_000 };

/** An import waits out a restart of the server, about five minutes. */
export const PATIENT_RETRIES: RetryPolicy = { attempts: 16, firstDelayMs: 500, maxDelayMs: 30_000 };

/** Doubling, with a random half so that many clients do not return at once; never earlier than the server asks. */
export function retryDelayMs(policy: RetryPolicy, failures: number, retryAfterMs: number | null): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (failures - 1));
  return Math.max(retryAfterMs ?? 0, ceiling / 2 + (Math.random() * ceiling) / 2);
}

/** `Retry-After` in milliseconds: seconds or an HTTP date; null when it is neither. */
export function parseRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

/** Ends early when the signal aborts; the caller sees that by the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
