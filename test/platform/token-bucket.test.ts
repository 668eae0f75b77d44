import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TokenBucket } from '../../src/platform/token-bucket.ts';

const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 50 }) });

describe('a token bucket', () => {
  test('gives its burst at once, then one token each interval', () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, 0);
    expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([0, 0, 0, 1]);
    expect(bucket.take(1_000)).toBe(0);
    expect(bucket.take(1_000)).toBe(0);
    expect(bucket.take(1_000)).toBe(1);
  });

  test('never refuses twice a client that waits as it was told, however many requests it has at once', () => {
    fc.assert(
      fc.property(
        rates,
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.integer({ min: 0, max: 900 })),
        (rate, many, lateMs) => {
          const bucket = new TokenBucket(rate, 0);
          const waits = Array.from({ length: many }, () => bucket.take(0)).filter(
            (seconds) => seconds > 0 && seconds < 60,
          );
          const returns = waits.map((seconds, index) => seconds * 1_000 + (lateMs[index % (lateMs.length || 1)] ?? 0));
          for (const now of returns.toSorted((left, right) => left - right)) expect(bucket.take(now)).toBe(0);
        },
      ),
    );
  });

  test('never lets more through than its burst and what has filled since', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(rates, steps, (rate, gapsMs) => {
        const bucket = new TokenBucket(rate, 0);
        let nowMs = 0;
        let taken = 0;
        for (const gap of gapsMs) {
          nowMs += gap;
          if (bucket.take(nowMs) === 0) taken += 1;
          expect(taken).toBeLessThanOrEqual(rate.burst + (nowMs / 1_000) * rate.perSecond + 1e-6);
        }
      }),
    );
  });

  test('waits are whole seconds from 1 to 60', () => {
    const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 0);
    const waits = Array.from({ length: 200 }, () => bucket.take(0)).slice(1);
    expect(waits.every((seconds) => Number.isInteger(seconds) && seconds >= 1 && seconds <= 60)).toBe(true);
  });

  test('gets back what was promised to clients that never came', () => {
    const bucket = new TokenBucket({ perSecond: 1, burst: 2 }, 0);
    for (let index = 0; index < 50; index += 1) bucket.take(0);
    expect([bucket.take(120_000), bucket.take(120_000), bucket.take(120_000)]).toEqual([0, 0, 1]);
    expect(bucket.isIdle(400_000)).toBe(true);
  });
});
