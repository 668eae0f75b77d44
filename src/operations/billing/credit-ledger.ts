import { type Decimal, decimal, decimalText, isNegative, isPositive, minDecimal, ZERO } from '../../domain/decimal.ts';
import { type Coverable, lapses } from '../../domain/credits/grant-end.ts';
import type { InvoiceDocument } from '../../domain/invoicing/document.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Draw } from '../../domain/rating/model.ts';
import { newId } from '../../platform/new-id.ts';
import {
  insertCreditEntry,
  type InvoiceDrawRow,
  selectInvoiceDraws,
  selectPeriodDraws,
} from '../../storage/credit-entries.ts';
import { selectCreditGrant, selectGrantsInWork } from '../../storage/credit-grants.ts';
import type { Tenant, Transaction } from '../../storage/database.ts';
import type { InvoiceLineRow } from '../../storage/invoice-lines.ts';
import type { NewInvoice } from '../../storage/invoices.ts';
import { selectOpenSince } from '../../storage/periods.ts';
import { planVersionOf } from './plan-of-period.ts';

/** Units that an invoice takes from a grant, or gives back to it, for a period: a draw with its place in the ledger. */
export interface InvoiceDraw extends Draw {
  readonly periodNumber: number;
  readonly source: string;
}

interface Drawing {
  readonly draft: Pick<NewInvoice, 'id' | 'subscriptionId' | 'periodNumber'>;
  readonly document: Pick<InvoiceDocument, 'draws' | 'lateDraws'>;
  /** What earlier invoices of the own period drew. */
  readonly previousDraws: readonly Draw[];
}

/**
 * What an invoice draws: of its own period, for each grant and charge, the difference between the whole period's draws,
 * computed anew, and what earlier invoices of the period drew; for late usage of earlier periods what it draws on top of
 * what those have drawn (billing rules 5).
 */
export function invoiceDraws({ draft, document, previousDraws }: Drawing): InvoiceDraw[] {
  return [
    ...drawChanges(document.draws, previousDraws).map((draw) => {
      return { ...draw, periodNumber: draft.periodNumber, source: `invoice:${draft.id}:${draw.chargeId}` };
    }),
    ...document.lateDraws.flatMap(({ periodNumber, draws }) =>
      draws.map((draw) => ({ ...draw, periodNumber, source: `invoice:${draft.id}:${periodNumber}:${draw.chargeId}` })),
    ),
  ];
}

/** Writes what an invoice draws into the ledger. */
export async function writeDraws(
  tx: Transaction,
  tenant: Tenant,
  issue: Drawing & { readonly lines: readonly InvoiceLineRow[]; readonly at: Instant },
): Promise<void> {
  for (const draw of invoiceDraws(issue)) {
    const line = issue.lines.find((each) => each.chargeId === draw.chargeId && each.periodNumber === draw.periodNumber);
    await insertCreditEntry(tx, tenant, {
      id: newId('creditEntry'),
      grantId: draw.grantId,
      kind: isPositive(draw.quantity) ? 'consumed' : 'restored',
      amount: decimalText(draw.quantity.negated()),
      invoiceId: issue.draft.id,
      lineId: line?.id ?? null,
      chargeId: draw.chargeId,
      subscriptionId: issue.draft.subscriptionId,
      periodNumber: draw.periodNumber,
      source: draw.source,
      createdAt: issue.at,
    });
  }
}

/** The difference between two states of a period's draws; what is given back first, so no balance is overdrawn. */
function drawChanges(draws: readonly Draw[], previous: readonly Draw[]): Draw[] {
  const changes = new Map<string, Draw>();
  const add = (draw: Draw, quantity: Decimal) => {
    const key = `${draw.grantId}/${draw.chargeId}`;
    changes.set(key, { ...draw, quantity: (changes.get(key)?.quantity ?? ZERO).plus(quantity) });
  };
  for (const draw of draws) add(draw, draw.quantity);
  for (const draw of previous) add(draw, draw.quantity.negated());
  return [...changes.values()]
    .filter(({ quantity }) => !quantity.isZero())
    .toSorted((left, right) => left.quantity.comparedTo(right.quantity));
}

/**
 * Gives what an invoice drew back to the same grants, with their old ends (billing rules 7, void); never more than the
 * period still holds of a grant, since what an invoice returned may have been drawn for something else meanwhile.
 */
export async function restoreDraws(
  tx: Transaction,
  tenant: Tenant,
  invoice: { readonly id: string; readonly subscriptionId: string; readonly at: Instant },
): Promise<void> {
  const { subscriptionId } = invoice;
  const taken = await selectInvoiceDraws(tx, tenant, { subscriptionId, invoiceId: invoice.id });
  for (const [number, rows] of Map.groupBy(taken, (row) => row.periodNumber)) {
    const held = new Map(
      (await selectPeriodDraws(tx, { tenant, subscriptionId, number })).map((row) => [
        `${row.grantId}/${row.chargeId}`,
        decimal(row.drawn),
      ]),
    );
    for (const row of rows) {
      await restore(tx, tenant, { invoice, row, held: held.get(`${row.grantId}/${row.chargeId}`) ?? ZERO });
    }
  }
}

async function restore(
  tx: Transaction,
  tenant: Tenant,
  {
    invoice,
    row,
    held,
  }: {
    readonly invoice: { readonly id: string; readonly subscriptionId: string; readonly at: Instant };
    readonly row: InvoiceDrawRow;
    readonly held: Decimal;
  },
): Promise<void> {
  // An invoice that gave units back to a grant takes them again, as far as they are still there.
  const drawn = decimal(row.drawn);
  const balance = decimal((await selectCreditGrant(tx, tenant, row.grantId))?.balance ?? '0');
  const amount = isNegative(drawn) ? minDecimal(drawn.negated(), balance).negated() : minDecimal(drawn, held);
  if (amount.isZero()) return;
  await insertCreditEntry(tx, tenant, {
    id: newId('creditEntry'),
    grantId: row.grantId,
    kind: isPositive(amount) ? 'restored' : 'consumed',
    amount: decimalText(amount),
    invoiceId: invoice.id,
    lineId: row.lineId,
    chargeId: row.chargeId,
    subscriptionId: invoice.subscriptionId,
    periodNumber: row.periodNumber,
    source: `void:${invoice.id}:${row.periodNumber}:${row.chargeId}`,
    createdAt: invoice.at,
  });
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
