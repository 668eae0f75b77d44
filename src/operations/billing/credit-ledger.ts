import { decimal, decimalText, isNegative, isPositive, minDecimal, ZERO } from '../../domain/decimal.ts';
import { type Coverable, lapses } from '../../domain/credits/grant-end.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Draw } from '../../domain/rating/model.ts';
import { newId } from '../../platform/new-id.ts';
import { insertCreditEntry, selectInvoiceDraws, selectPeriodDraws } from '../../storage/credit-entries.ts';
import { selectCreditGrant, selectGrantsInWork } from '../../storage/credit-grants.ts';
import type { Tenant, Transaction } from '../../storage/database.ts';
import type { InvoiceLineRow } from '../../storage/invoice-lines.ts';
import { selectOpenSince } from '../../storage/periods.ts';
import { planVersionOf } from './plan-of-period.ts';

/**
 * Writes what an invoice draws: for each grant and charge the difference between the whole period's draws, computed
 * anew, and what earlier invoices of the period drew (billing rules 5).
 */
export async function writeDraws(
  tx: Transaction,
  tenant: Tenant,
  invoice: {
    readonly id: string;
    readonly subscriptionId: string;
    readonly periodNumber: number;
    readonly draws: readonly Draw[];
    readonly previousDraws: readonly Draw[];
    readonly lines: readonly InvoiceLineRow[];
    readonly at: Instant;
  },
): Promise<void> {
  const changes = new Map<string, Draw>();
  const add = (draw: Draw, sign: 1 | -1) => {
    const key = `${draw.grantId}/${draw.chargeId}`;
    const sum = changes.get(key)?.quantity ?? ZERO;
    changes.set(key, { ...draw, quantity: sign === 1 ? sum.plus(draw.quantity) : sum.minus(draw.quantity) });
  };
  for (const draw of invoice.draws) add(draw, 1);
  for (const draw of invoice.previousDraws) add(draw, -1);
  // What is given back comes first, so that a balance is never overdrawn in between.
  const ordered = [...changes.values()].toSorted((left, right) => left.quantity.comparedTo(right.quantity));
  for (const change of ordered) {
    if (change.quantity.isZero()) continue;
    await insertCreditEntry(tx, tenant, {
      id: newId('creditEntry'),
      grantId: change.grantId,
      kind: isPositive(change.quantity) ? 'consumed' : 'restored',
      amount: decimalText(change.quantity.negated()),
      invoiceId: invoice.id,
      lineId: invoice.lines.find((line) => line.chargeId === change.chargeId)?.id ?? null,
      chargeId: change.chargeId,
      subscriptionId: invoice.subscriptionId,
      periodNumber: invoice.periodNumber,
      source: `invoice:${invoice.id}:${change.chargeId}`,
      createdAt: invoice.at,
    });
  }
}

/**
 * Gives what an invoice drew back to the same grants, with their old ends (billing rules 7, void); never more than its
 * period still holds of a grant, since what an invoice returned may have been drawn for something else meanwhile.
 */
export async function restoreDraws(
  tx: Transaction,
  tenant: Tenant,
  invoice: {
    readonly id: string;
    readonly subscriptionId: string;
    readonly periodNumber: number;
    readonly at: Instant;
  },
): Promise<void> {
  const key = { tenant, subscriptionId: invoice.subscriptionId, number: invoice.periodNumber };
  const held = new Map(
    (await selectPeriodDraws(tx, key)).map((row) => [`${row.grantId}/${row.chargeId}`, decimal(row.drawn)]),
  );
  for (const row of await selectInvoiceDraws(tx, key, invoice.id)) {
    // An invoice that gave units back to a grant takes them again, as far as they are still there.
    const drawn = decimal(row.drawn);
    const balance = decimal((await selectCreditGrant(tx, tenant, row.grantId))?.balance ?? '0');
    const amount = isNegative(drawn)
      ? minDecimal(drawn.negated(), balance).negated()
      : minDecimal(drawn, held.get(`${row.grantId}/${row.chargeId}`) ?? ZERO);
    if (amount.isZero()) continue;
    await insertCreditEntry(tx, tenant, {
      id: newId('creditEntry'),
      grantId: row.grantId,
      kind: isPositive(amount) ? 'restored' : 'consumed',
      amount: decimalText(amount),
      invoiceId: invoice.id,
      lineId: row.lineId,
      chargeId: row.chargeId,
      subscriptionId: invoice.subscriptionId,
      periodNumber: invoice.periodNumber,
      source: `void:${invoice.id}:${row.chargeId}`,
      createdAt: invoice.at,
    });
  }
}

/** Writes off what is left of ended grants that nothing can draw any more; run after each turn that may free one. */
export async function lapseGrants(
  tx: Transaction,
  tenant: Tenant,
  turn: { readonly customerId: string; readonly asOf: Instant; readonly at: Instant },
): Promise<void> {
  const left = (await selectGrantsInWork(tx, tenant, turn.customerId)).filter(
    (grant) => grant.endsAt !== null && grant.endsAt <= turn.asOf && isPositive(decimal(grant.balance)),
  );
  if (left.length === 0) return;
  const unfinalized = await unfinalizedPeriods(tx, tenant, turn.customerId);
  for (const grant of left) {
    if (!lapses(grant, turn.asOf, unfinalized)) continue;
    await insertCreditEntry(tx, tenant, {
      id: newId('creditEntry'),
      grantId: grant.id,
      kind: grant.endsBy === 'revoke' ? 'revoked' : 'expired',
      amount: decimalText(decimal(grant.balance).negated()),
      invoiceId: null,
      lineId: null,
      chargeId: null,
      subscriptionId: null,
      periodNumber: null,
      // A grant can lapse again after a void has restored units to it.
      source: `lapse:${newId('creditEntry')}`,
      createdAt: turn.at,
    });
  }
}

async function unfinalizedPeriods(
  tx: Transaction,
  tenant: Tenant,
  customerId: string,
): Promise<(Coverable & { readonly startAt: Instant })[]> {
  const periods: (Coverable & { readonly startAt: Instant })[] = [];
  for (const open of await selectOpenSince(tx, tenant, customerId)) {
    const { charges } = await planVersionOf(tx, tenant, open);
    periods.push({ subscriptionId: open.subscriptionId, startAt: open.startAt, charges });
  }
  return periods;
}
