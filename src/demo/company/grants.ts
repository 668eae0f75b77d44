import { addDays24h, type Instant } from '../../domain/instant.ts';
import type { PricingModel } from '../../domain/plan.ts';
import type { UsageKind } from './usage-kinds.ts';

/** A credit grant: a quantity of usage that a customer need not pay. */
export interface DemoGrant {
  readonly name: string;
  /** Units, exact decimal text. */
  readonly amount: string;
  readonly effectiveAt: Instant;
  /** false: it ends with the period it starts in. */
  readonly rollover: boolean;
  readonly expiresInDays: number | null;
  /** Null: usage of every kind. */
  readonly eventNames: readonly UsageKind[] | null;
  /** Lower is drawn first. */
  readonly priority: number;
}

const PRIORITY = 50;

interface GrantReceiver {
  readonly index: number;
  readonly model: PricingModel;
  readonly startAt: Instant;
}

/** Every customer with prepaid credits has grants, of the others every second one; a flat plan draws none. */
export function grantsOf({ index, model, startAt }: GrantReceiver): DemoGrant[] {
  const inDays = (days: number) => addDays24h(startAt, days);
  switch (model) {
    case 'credit':
      return [
        always({ name: 'Prepaid at the start', amount: '6000', effectiveAt: startAt }),
        always({ name: 'Top-up', amount: '4500', effectiveAt: inDays(180) }),
        {
          ...always({ name: 'Welcome images', amount: '250', effectiveAt: startAt }),
          expiresInDays: 60,
          eventNames: ['image'],
          priority: 10,
        },
      ];
    case 'graduated':
    case 'per_unit':
      if (index % 4 === 2) return [];
      return [
        { ...always({ name: 'First period', amount: '2500', effectiveAt: startAt }), rollover: false },
        {
          ...always({ name: 'Launch offer', amount: '8000.5', effectiveAt: startAt }),
          expiresInDays: 90,
          eventNames: ['completion'],
        },
        { ...always({ name: 'One month on us', amount: '5000', effectiveAt: inDays(165) }), rollover: false },
      ];
    case 'volume':
    case 'package':
      if (index % 2 === 0) return [];
      return [{ ...always({ name: 'First period', amount: '40', effectiveAt: startAt }), rollover: false }];
    case 'flat':
      return [];
  }
}

/** It never expires and is carried on from period to period. */
function always(grant: Pick<DemoGrant, 'name' | 'amount' | 'effectiveAt'>): DemoGrant {
  return { ...grant, rollover: true, expiresInDays: null, eventNames: null, priority: PRIORITY };
}
