import { exampleId } from '../example.ts';

/** Where a line of an example stands; an estimate's stands nowhere. */
export interface ExamplePlace {
  readonly id: string | null;
  readonly period_number: number | null;
  readonly period_start: string | null;
  readonly period_end: string | null;
}

/** A fee of the plan, such as `Platform`. */
export function exampleFee(
  { id, ...span }: ExamplePlace,
  fee: { readonly chargeNumber: number; readonly description: string; readonly amount: string },
) {
  return {
    id,
    charge_id: exampleId('charge', fee.chargeNumber),
    kind: 'flat',
    description: fee.description,
    event_name: null,
    pricing_model: 'flat',
    ...span,
    event_count: null,
    quantity: null,
    usage_quantity: null,
    credited_quantity: null,
    billable_quantity: null,
    amount_unrounded: fee.amount,
    amount: `${fee.amount}.00`,
    previously_billed: '0.00',
    currency: 'USD',
    tiers: [],
  };
}

interface ExampleCalls {
  readonly eventCount: number | null;
  readonly quantity: string;
  readonly unrounded: string;
  readonly amount: string;
  readonly previouslyBilled?: string;
  /** Of the quantity and of the amount, what is in the second tier. */
  readonly second: { readonly quantity: string; readonly unrounded: string };
}

/** The API calls of the plan Pro, of which the first tier is full. */
export function exampleCalls({ id, ...span }: ExamplePlace, calls: ExampleCalls) {
  const { second } = calls;
  return {
    id,
    charge_id: exampleId('charge', 4),
    kind: 'usage',
    description: 'API calls',
    event_name: 'api_call',
    pricing_model: 'graduated',
    ...span,
    event_count: calls.eventCount,
    quantity: calls.quantity,
    usage_quantity: null,
    credited_quantity: '0',
    billable_quantity: calls.quantity,
    amount_unrounded: calls.unrounded,
    amount: calls.amount,
    previously_billed: calls.previouslyBilled ?? '0.00',
    currency: 'USD',
    tiers: [
      { up_to: '1000', quantity: '1000', unit_amount: '0.01', flat_amount: '0', amount_unrounded: '10' },
      {
        up_to: null,
        quantity: second.quantity,
        unit_amount: '0.005',
        flat_amount: '5',
        amount_unrounded: second.unrounded,
      },
    ],
  };
}
