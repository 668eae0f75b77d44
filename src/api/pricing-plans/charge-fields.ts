import * as z from 'zod';
import { decimalText, ZERO } from '../../domain/decimal.ts';
import { LIMITS } from '../../domain/limits.ts';
import { type Aggregation, AGGREGATION_TYPES, type Tier } from '../../domain/plan.ts';
import { closedObject } from '../closed-object.ts';
import { issueOf } from '../faults.ts';
import { amount, text } from '../request-fields.ts';

/** Belongs to another pricing model; null is accepted, so that a charge may be sent back as it was answered. */
export function ofOtherModel() {
  return z
    .unknown()
    .optional()
    .superRefine((value, context) => {
      if (value !== undefined && value !== null) {
        context.addIssue(issueOf('unknown_field', 'A charge with this pricing_model has no such field.'));
      }
    })
    .meta({ override: { type: 'null' } });
}

/** `count` unless given. That the others need a property is left to the plan's rules. */
export function aggregation() {
  return closedObject({
    type: z.enum(AGGREGATION_TYPES),
    property: text({ min: 1 }).nullish().meta({
      description: 'The property that is aggregated; a number, but for `unique_count`. None for `count`.',
    }),
  })
    .superRefine(({ type, property }, context) => {
      if (type === 'count' && typeof property === 'string') {
        context.addIssue({ ...issueOf('invalid_value', 'A count takes no property.'), path: ['property'] });
      }
    })
    .transform(
      ({ type, property }): Aggregation =>
        type === 'count' ? { type, property: null } : { type, property: property ?? '' },
    );
}

/** Property → the texts of which its canonical text has to be one; all filters have to pass. */
export function filters() {
  const values = z.array(text()).min(1).max(LIMITS.filterValues);
  return z
    .record(text({ min: 1 }), values)
    .superRefine((value, context) => {
      if (Object.keys(value).length > LIMITS.filterProperties) {
        context.addIssue(issueOf('too_many', `May name at most ${LIMITS.filterProperties} properties.`));
      }
    })
    .meta({ override: { maxProperties: LIMITS.filterProperties }, example: { region: ['eu', 'us'] } });
}

const ZERO_AMOUNT = decimalText(ZERO);

/** How many there may be is left to the plan's rules. */
export function tiers() {
  const tier = closedObject({
    up_to: amount().nullable().meta({ description: 'Inclusive; null in the last tier.' }),
    unit_amount: amount().nullish(),
    flat_amount: amount().nullish().meta({ description: 'Added once when the tier is entered.' }),
  })
    .superRefine(({ unit_amount, flat_amount }, context) => {
      const isFree = typeof unit_amount !== 'string' && typeof flat_amount !== 'string';
      if (isFree)
        context.addIssue({ ...issueOf('missing', 'Required, unless flat_amount is given.'), path: ['unit_amount'] });
    })
    .transform(
      ({ up_to, unit_amount, flat_amount }): Tier => ({
        upTo: up_to,
        unitAmount: unit_amount ?? ZERO_AMOUNT,
        flatAmount: flat_amount ?? ZERO_AMOUNT,
      }),
    );
  return z.array(tier).meta({ override: { minItems: 1, maxItems: LIMITS.tiers } });
}
