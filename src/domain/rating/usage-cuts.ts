import { compareInstants, type Instant } from '../instant.ts';
import { type Charge, isUsageCharge } from '../plan.ts';
import { appliesTo, changesWithin } from './grants.ts';
import type { GrantView, RatedPeriod } from './model.ts';

/**
 * The instants between which the charge's usage is to be read: start and end of the period, and in between those at
 * which a grant that can cover the charge starts or ends. Ascending, without repeats but for a period of length zero.
 */
export function usageCuts(charge: Charge, grants: readonly GrantView[], period: RatedPeriod): Instant[] {
  if (!isUsageCharge(charge)) return [period.start, period.end];
  const span = { from: period.start, to: period.end };
  const changes = grants.filter((grant) => appliesTo(grant, charge)).flatMap((grant) => changesWithin(grant, span));
  return [period.start, ...[...new Set(changes)].toSorted(compareInstants), period.end];
}
