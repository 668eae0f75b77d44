import { decimal } from '../../domain/decimal.ts';
import { formatInstant } from '../../domain/instant.ts';
import { formatMoney } from '../../domain/money.ts';
import type { LineContent } from '../../operations/billing/invoice-content.ts';

/** Where a line stands; an estimate's stand nowhere and are of no period. */
interface LinePlace {
  readonly id: string | null;
  readonly currency: string;
  readonly isEstimate?: boolean;
}

export function encodeLine(line: LineContent, place: LinePlace) {
  return {
    id: place.id,
    charge_id: line.chargeId,
    kind: line.kind,
    description: line.description,
    event_name: line.eventName,
    pricing_model: line.pricingModel,
    period_number: place.isEstimate ? null : line.periodNumber,
    period_start: place.isEstimate ? null : formatInstant(line.periodStart),
    period_end: place.isEstimate ? null : formatInstant(line.periodEnd),
    event_count: line.eventCount === null ? null : Number(line.eventCount),
    quantity: line.quantity,
    usage_quantity: line.pricingModel === 'credit' ? line.usageQuantity : null,
    credited_quantity: line.creditedQuantity,
    billable_quantity: line.billableQuantity,
    amount_unrounded: line.amountUnrounded,
    amount: formatMoney(decimal(line.amount), place.currency),
    previously_billed: formatMoney(decimal(line.previouslyBilled), place.currency),
    currency: place.currency,
    tiers: decodeTiers(line.tiers).map((tier) => ({
      up_to: tier.up_to,
      quantity: tier.quantity,
      unit_amount: tier.unit_amount,
      flat_amount: tier.flat_amount,
      amount_unrounded: tier.amount_unrounded,
    })),
  };
}

interface TierJson {
  readonly up_to: string | null;
  readonly quantity: string;
  readonly unit_amount: string;
  readonly flat_amount: string;
  readonly amount_unrounded: string;
}

/** Every number is a string; PostgreSQL keeps members in an order of its own. */
function decodeTiers(text: string): TierJson[] {
  return JSON.parse(text) as TierJson[];
}
