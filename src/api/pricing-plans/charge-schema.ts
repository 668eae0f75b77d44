import * as z from 'zod';
import { type DecimalText, decimalText, ONE, ZERO } from '../../domain/decimal.ts';
import { BILL_IN, type Charge, type UsageCharge } from '../../domain/plan.ts';
import { faultsOfCharge } from '../../domain/plan-faults.ts';
import { closedObject } from '../closed-object.ts';
import { issuesOf } from '../faults.ts';
import { amount, keyText, text } from '../request-fields.ts';
import { aggregation, filters, ofOtherModel, tiers } from './charge-fields.ts';

/** What all charges have, and the fields of every model: each model's schema puts its own in their place. */
const common = () => ({
  id: text({ min: 1 }).nullish().meta({ description: 'In a new version, the id of the charge that it continues.' }),
  name: text({ min: 1 }).nullish().meta({ description: 'Shown on invoice lines.' }),
  tiers: ofOtherModel(),
  amount: ofOtherModel(),
  unit_amount: ofOtherModel(),
  package_size: ofOtherModel(),
  package_amount: ofOtherModel(),
  free_units: ofOtherModel(),
  credits_per_unit: ofOtherModel(),
  bill_in: ofOtherModel(),
  charge_when: ofOtherModel(),
  minimum_amount: ofOtherModel(),
  maximum_amount: ofOtherModel(),
});

const metered = () => ({
  event_name: keyText(),
  aggregation: aggregation().nullish(),
  filters: filters().nullish(),
  minimum_amount: amount().nullish().meta({ description: 'A period costs at least that, also without usage.' }),
  maximum_amount: amount().nullish().meta({ description: 'A period costs at most that.' }),
});

interface MeteredBody {
  readonly id?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly event_name: string;
  readonly aggregation?: UsageCharge['aggregation'] | null | undefined;
  readonly filters?: UsageCharge['filters'] | null | undefined;
  readonly minimum_amount?: DecimalText | null | undefined;
  readonly maximum_amount?: DecimalText | null | undefined;
}

/** An empty id stands for a new charge. */
function decodeMetered(body: MeteredBody) {
  return {
    id: body.id ?? '',
    name: body.name ?? null,
    eventName: body.event_name,
    aggregation: body.aggregation ?? ({ type: 'count', property: null } as const),
    filters: body.filters ?? {},
    minimumAmount: body.minimum_amount ?? null,
    maximumAmount: body.maximum_amount ?? null,
  };
}

const flat = closedObject({
  ...common(),
  pricing_model: z.literal('flat'),
  event_name: keyText().nullish(),
  aggregation: ofOtherModel(),
  filters: filters().nullish(),
  amount: amount(),
  bill_in: z.enum(BILL_IN).nullish().meta({
    description: '`advance`: billed when its period opens, not when it ends. `arrears` unless given.',
  }),
  charge_when: z.enum(['always', 'used']).nullish().meta({
    description: '`used`: only in periods with at least one event of `event_name`.',
  }),
}).transform(
  (body): Charge => ({
    pricingModel: 'flat',
    id: body.id ?? '',
    name: body.name ?? null,
    eventName: body.event_name ?? null,
    filters: body.filters ?? {},
    amount: body.amount,
    billIn: body.bill_in ?? 'arrears',
    chargeWhen: body.charge_when ?? 'always',
  }),
);

const perUnit = closedObject({
  ...common(),
  ...metered(),
  pricing_model: z.literal('per_unit'),
  unit_amount: amount(),
}).transform((body): Charge => ({ pricingModel: 'per_unit', ...decodeMetered(body), unitAmount: body.unit_amount }));

const graduated = closedObject({
  ...common(),
  ...metered(),
  pricing_model: z.literal('graduated'),
  tiers: tiers(),
}).transform((body): Charge => ({ pricingModel: 'graduated', ...decodeMetered(body), tiers: body.tiers }));

const volume = closedObject({
  ...common(),
  ...metered(),
  pricing_model: z.literal('volume'),
  tiers: tiers(),
}).transform((body): Charge => ({ pricingModel: 'volume', ...decodeMetered(body), tiers: body.tiers }));

const packages = closedObject({
  ...common(),
  ...metered(),
  pricing_model: z.literal('package'),
  package_size: amount(),
  package_amount: amount(),
  free_units: amount().nullish(),
}).transform(
  (body): Charge => ({
    pricingModel: 'package',
    ...decodeMetered(body),
    packageSize: body.package_size,
    packageAmount: body.package_amount,
    freeUnits: body.free_units ?? decimalText(ZERO),
  }),
);

const credit = closedObject({
  ...common(),
  ...metered(),
  pricing_model: z.literal('credit'),
  credits_per_unit: amount().nullish(),
  unit_amount: amount(),
}).transform(
  (body): Charge => ({
    pricingModel: 'credit',
    ...decodeMetered(body),
    creditsPerUnit: body.credits_per_unit ?? decimalText(ONE),
    unitAmount: body.unit_amount,
  }),
);

/** A charge in a request; gives a `Charge` that is sound by itself, its id empty where it is new. */
export const chargeBody = z
  .discriminatedUnion('pricing_model', [flat, perUnit, graduated, volume, packages, credit])
  .superRefine((charge, context) => {
    for (const issue of issuesOf(faultsOfCharge(charge))) context.addIssue(issue);
  });
