import { compareInstants, type Instant } from '../instant.ts';
import type { UsageCharge } from '../plan.ts';
import { canBeCut } from './aggregation.ts';
import { appliesTo, changesWithin, mayCover } from './grants.ts';
import type { GrantView, RatedPeriod } from './model.ts';

export interface CutInput {
  readonly charge: UsageCharge;
  readonly grants: readonly GrantView[];
  readonly period: RatedPeriod;
  readonly subscriptionId: string;
}

/**
 * The instants between which the charge's usage is to be read: start and end of the period, and in between, where the
 * aggregation can be cut, those at which a grant that can cover the charge starts or ends. Ascending, without repeats
 * but for a period of length zero.
 */
export function usageCuts({ charge, grants, period, subscriptionId }: CutInput): Instant[] {
  if (!canBeCut(charge.aggregation)) return [period.start, period.end];
  const span = { from: period.start, to: period.end };
  const changes = grants
    .filter((grant) => mayCover(grant, subscriptionId) && appliesTo(grant, charge))
    .flatMap((grant) => changesWithin(grant, span));
  return [period.start, ...[...new Set(changes)].toSorted(compareInstants), period.end];
}
