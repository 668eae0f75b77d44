import * as z from 'zod';
import { LIMITS } from '../domain/limits.ts';
import { issueOf } from './faults.ts';
import { text } from './request-fields.ts';

/** The rates of a customer or an account, in the order in which documents list them. */
export function taxRateIds() {
  return z
    .array(text({ min: 1 }))
    .max(LIMITS.taxRates)
    .superRefine((ids, context) => {
      for (const [index, id] of ids.entries()) {
        if (ids.indexOf(id) === index) continue;
        context.addIssue({ ...issueOf('duplicate', 'Another item names the same rate.'), path: [index] });
      }
    });
}
