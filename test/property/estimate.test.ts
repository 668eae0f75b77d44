import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal, type DecimalText } from '../../src/domain/decimal.ts';
import { instantFromMicros } from '../../src/domain/instant.ts';
import { isUsageCharge } from '../../src/domain/plan.ts';
import { chargeFromJson } from '../../src/domain/plan-codec.ts';
import { estimateLines } from '../../src/domain/rating/estimate.ts';
import type { RatedLine, RatedPeriod, UsagePiece } from '../../src/domain/rating/model.ts';
import { rateAdvance, ratePeriod } from '../../src/domain/rating/rate-period.ts';
import { randomLives } from '../oracle/random-lives.ts';
import { charge } from '../support/billing-world.ts';

const PERIOD: RatedPeriod = {
  number: 3,
  start: instantFromMicros(0n),
  end: instantFromMicros(86_400_000_000n),
  fullStart: instantFromMicros(0n),
  fullEnd: instantFromMicros(86_400_000_000n),
  proration: 'by_time',
};

/** A line apart from what an estimate has none of: events, a period, and stretches of it with credits. */
function told({ eventCount: _events, period: _period, stretches: _stretches, ...line }: RatedLine): string {
  return JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

const quantities = fc.array(fc.tuple(fc.nat({ max: 90 }), fc.constantFrom('', '.5', '.333333333333')), {
  minLength: 6,
  maxLength: 6,
});

test('an estimate has the lines of an invoice with that usage, whatever the plan and the quantities', () => {
  fc.assert(
    fc.property(randomLives, quantities, ({ plans, currency }, amounts) => {
      for (const each of plans) {
        const charges = each.charges.map((json) => chargeFromJson(charge(json)));
        const plan = { charges, currency, minimumAmount: each.minimumAmount as DecimalText | null };
        const used = charges.map(({ id }, index) => {
          const [whole, part] = amounts[index] ?? [0, ''];
          return [id, decimal(`${whole}${part}`)] as const;
        });
        const usage = new Map(
          used.map(([id, quantity]): [string, UsagePiece[]] => {
            const eventCount = quantity.isZero() ? 0 : 1;
            const counts = { eventCount, missingCount: 0, unusableCount: 0 };
            return [id, [{ from: PERIOD.start, to: PERIOD.end, quantity, ...counts }]];
          }),
        );
        const rating = { plan, subscriptionId: 'sub_1', period: PERIOD, usage, grants: [] };
        const advance = rateAdvance({ ...rating, settled: [] });
        const settled = advance.map(({ chargeId, kind, amount }) => ({ chargeId, kind, amount, waived: false }));
        const closing = ratePeriod('closing', { ...rating, settled }).lines;
        const estimate = estimateLines({ plan, usage: new Map(used) });
        const isAdvance = (id: string | null) =>
          charges.some((one) => one.id === id && !isUsageCharge(one) && one.billIn === 'advance');
        // Flats in advance stand on the invoice before; the plan's minimum counts them all the same.
        expect(estimate.lines?.filter(({ chargeId }) => !isAdvance(chargeId)).map(told)).toEqual(closing.map(told));
        expect(estimate.lines?.filter(({ chargeId }) => isAdvance(chargeId)).map(told)).toEqual(advance.map(told));
      }
    }),
    { numRuns: 300 },
  );
});
