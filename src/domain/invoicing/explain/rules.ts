import type { Charge } from '../../plan.ts';
import type { RatedLine } from '../../rating/model.ts';

/** The rule that a line follows, in a sentence; docs/billing-rules.md has the whole of it. */
export function ruleOf(line: RatedLine, charge: Charge | null): string {
  const model = charge === null ? 'A plan’s minimum bills what all other lines of the period lack.' : modelRule(charge);
  switch (line.kind) {
    case 'late_usage':
      return `${model} The period is rated again with the events that came late; the difference is billed.`;
    case 'proration':
      return 'A cut period returns the unused part of what was billed in advance, by its seconds.';
    case 'flat':
    case 'usage':
    case 'minimum':
      return model;
  }
}

function modelRule(charge: Charge): string {
  switch (charge.pricingModel) {
    case 'flat':
      return charge.billIn === 'advance'
        ? 'Flat in advance: the amount for the period that opens.'
        : 'Flat: the amount once a period.';
    case 'per_unit':
      return 'Per unit: quantity × unit amount.';
    case 'graduated':
      return 'Graduated: each unit at the price of the tier that it falls in; a tier’s flat amount once it is entered.';
    case 'volume':
      return 'Volume: the whole quantity at the price of the tier that contains it, plus that tier’s flat amount.';
    case 'package':
      return 'Package: every package that is begun beyond the free units costs its amount.';
    case 'credit':
      return 'Credit: each unit draws credits from grants; what they do not cover costs the unit amount a credit.';
  }
}
