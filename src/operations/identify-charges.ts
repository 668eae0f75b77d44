import { type Fault, Failure } from '../domain/errors/failure.ts';
import { chargeFaults } from '../domain/plan-faults.ts';
import type { Charge } from '../domain/plan.ts';

interface ChargeIds {
  /** Ids that the plan's versions have: a charge that names one continues it. */
  readonly known: ReadonlySet<string>;
  readonly newId: () => string;
}

/**
 * Gives each charge without an id (an empty one) a new one.
 *
 * @throws Failure `invalid_body` for ids that are not the plan's, and for charges that do not make a sound plan
 */
export function identifyCharges(charges: readonly Charge[], ids: ChargeIds): Charge[] {
  const faults: Fault[] = charges.flatMap(({ id }, index) =>
    id === '' || ids.known.has(id)
      ? []
      : [{ param: `charges[${index}].id`, code: 'unknown_name', message: 'Is no charge of this plan; leave it out.' }],
  );
  const identified = charges.map((charge) => (charge.id === '' ? { ...charge, id: ids.newId() } : charge));
  faults.push(...chargeFaults(identified));
  const [first] = faults;
  if (first !== undefined) throw new Failure('invalid_body', first.message, { param: first.param, details: faults });
  return identified;
}
