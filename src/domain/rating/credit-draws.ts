import { type Decimal, decimalText, isNegative, isPositive, maxDecimal, minDecimal, ZERO } from '../decimal.ts';
import { compareInstants, type Instant } from '../instant.ts';
import type { UsageCharge } from '../plan.ts';
import type { CreditUse } from '../pricing/model.ts';
import { canBeCut } from './aggregation.ts';
import { appliesTo, changesWithin, compareInDrawOrder, isInForce, isInForceAtEnd } from './grants.ts';
import type { CoveredStretch, Draw, GrantView, UsagePiece } from './model.ts';

/** One charge that draws: its pieces of usage and their sum, in units. */
export interface Demand {
  readonly charge: UsageCharge;
  readonly use: CreditUse;
  readonly pieces: readonly UsagePiece[];
  /** Usage of the whole period, at least 0: the sum of the pieces, unless only a part of it is still to be drawn for. */
  readonly units: Decimal;
  /** What was drawn for the period before and stays drawn, where the pieces are late usage only. */
  readonly drawn?: Decimal;
}

/** A stretch of the period in which the same grants are in force, in draw order; the whole one where it can't be cut. */
interface Stretch {
  readonly from: Instant;
  readonly to: Instant;
  readonly grants: readonly GrantView[];
  readonly units: Decimal;
}

/** What one charge has drawn: by grant, and by stretch of the period. */
export interface Drawn {
  readonly draws: readonly Draw[];
  readonly stretches: readonly CoveredStretch[];
}

/** The credits of one rating: what the charges before have left of each grant. */
export class CreditPool {
  readonly #grants: readonly GrantView[];
  readonly #left: Map<string, Decimal>;

  /** `grants` are those that may cover the subscription. */
  constructor(grants: readonly GrantView[]) {
    for (const { id, available } of grants) {
      if (isNegative(available)) throw new RangeError(`grant ${id} holds ${decimalText(available)}`);
    }
    this.#grants = grants.toSorted(compareInDrawOrder);
    this.#left = new Map(grants.map(({ id, available }) => [id, available]));
  }

  /**
   * Takes what grants cover of one charge: stretches in time order, within a stretch the grants in draw order, over
   * the period at most max(units − free units, 0) units (billing rules 5). One draw a grant, in the order of first use.
   */
  draw(demand: Demand): Drawn {
    const drawn = new Map<string, Decimal>();
    const most = maxDecimal(demand.units.minus(demand.use.freeUnits), ZERO).times(demand.use.perUnit);
    let allowed = most.minus(demand.drawn ?? ZERO);
    const stretches = this.#stretches(demand).map(({ grants, ...stretch }): CoveredStretch => {
      const draws: { grantId: string; quantity: Decimal }[] = [];
      let wanted = minDecimal(stretch.units.times(demand.use.perUnit), allowed);
      for (const { id } of grants) {
        if (!isPositive(wanted)) break;
        const taken = this.#take(id, wanted);
        if (!isPositive(taken)) continue;
        draws.push({ grantId: id, quantity: taken });
        drawn.set(id, (drawn.get(id) ?? ZERO).plus(taken));
        wanted = wanted.minus(taken);
        allowed = allowed.minus(taken);
      }
      return { ...stretch, grantIds: grants.map(({ id }) => id), draws };
    });
    const draws = [...drawn].map(([grantId, quantity]) => ({ grantId, chargeId: demand.charge.id, quantity }));
    return { draws, stretches };
  }

  #take(grantId: string, wanted: Decimal): Decimal {
    const left = this.#left.get(grantId) ?? ZERO;
    const taken = minDecimal(left, wanted);
    this.#left.set(grantId, left.minus(taken));
    return taken;
  }

  /** Pieces in time order; neighbours with the same grants are one, so that a needless cut changes nothing. */
  #stretches({ charge, pieces }: Demand): Stretch[] {
    const applying = this.#grants.filter((grant) => appliesTo(grant, charge));
    const stretches: Stretch[] = [];
    for (const piece of pieces.toSorted((left, right) => compareInstants(left.from, right.from))) {
      const covers = canBeCut(charge.aggregation) ? isInForceThroughout : isInForceAtEnd;
      const grants = applying.filter((grant) => covers(grant, piece));
      const last = stretches.at(-1);
      if (last !== undefined && sameGrants(last.grants, grants)) {
        stretches[stretches.length - 1] = { ...last, to: piece.to, units: last.units.plus(piece.quantity) };
      } else {
        stretches.push({ from: piece.from, to: piece.to, grants, units: piece.quantity });
      }
    }
    return stretches;
  }
}

function isInForceThroughout(grant: GrantView, piece: UsagePiece): boolean {
  if (changesWithin(grant, piece).length > 0) {
    throw new RangeError(`usage from ${piece.from} to ${piece.to} is not cut where grant ${grant.id} starts or ends`);
  }
  return isInForce(grant, piece);
}

function sameGrants(left: readonly GrantView[], right: readonly GrantView[]): boolean {
  return left.length === right.length && left.every((grant, index) => grant === right[index]);
}
