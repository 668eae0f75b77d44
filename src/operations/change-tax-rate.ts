import { Failure } from '../domain/errors/failure.ts';
import type { Id } from '../domain/ids.ts';
import type { Database, Tenant, Transaction } from '../storage/database.ts';
import { moveTaxRateHolders, selectHolderOfOtherKind } from '../storage/tax-rate-holders.ts';
import {
  insertTaxRate,
  isTaxRateUsed,
  lockTaxRate,
  markTaxRateReplaced,
  type TaxRateRow,
  type TaxRateSettings,
  updateTaxRate,
} from '../storage/tax-rates.ts';
import { getTaxRate } from './create-tax-rate.ts';
import { type Changes, mergeChanges } from './merge-changes.ts';

interface TaxRateChange {
  readonly id: string;
  readonly changes: Changes<TaxRateSettings>;
  /** Of the rate that takes its place, if one has to. */
  readonly replacementId: Id<'taxRate'>;
}

/**
 * Changes a rate, or replaces one that stands on an invoice (billing rules 7: a used rate is replaced, never changed):
 * the new rate takes its place at every customer and at the account, the old one is archived. Metadata alone changes
 * in place, for no document shows it. A repeat of the replacement returns the rate that it made.
 *
 * @throws Failure `not_found`, `tax_rate_archived`, `mixed_tax_rates` when a holder would have rates of both kinds
 */
export async function changeTaxRate(db: Database, tenant: Tenant, change: TaxRateChange): Promise<TaxRateRow> {
  return db.transaction(async (tx) => {
    const before = await lockTaxRate(tx, tenant, change.id);
    if (before === null) throw new Failure('not_found', 'No tax rate with this id exists.');
    const after = mergeChanges<TaxRateSettings>(before, change.changes);
    if (before.archivedAt !== null) return repeated(tx, tenant, { before, after });
    if (after.inclusive !== before.inclusive) await requireOneKind(tx, tenant, { ...after, id: before.id });
    if (haveSameTerms(before, after) || !(await isTaxRateUsed(tx, tenant, before.id))) {
      await updateTaxRate(tx, { tenant, id: before.id }, after);
      return getTaxRate(tx, tenant, before.id);
    }
    const { replacementId } = change;
    await insertTaxRate(tx, tenant, { ...after, id: replacementId });
    await moveTaxRateHolders(tx, tenant, { from: before.id, to: replacementId });
    await markTaxRateReplaced(tx, { tenant, id: before.id }, replacementId);
    return getTaxRate(tx, tenant, replacementId);
  });
}

type Terms = Pick<TaxRateSettings, 'name' | 'percentage' | 'inclusive'>;

function haveSameTerms(one: Terms, other: Terms): boolean {
  return one.name === other.name && one.percentage === other.percentage && one.inclusive === other.inclusive;
}

/** The replacement that an earlier attempt of the same change made. */
async function repeated(
  tx: Transaction,
  tenant: Tenant,
  { before, after }: { readonly before: TaxRateRow; readonly after: TaxRateSettings },
): Promise<TaxRateRow> {
  const replacement = before.replacedBy === null ? null : await getTaxRate(tx, tenant, before.replacedBy);
  if (replacement !== null && haveSameTerms(replacement, after)) return replacement;
  throw new Failure('tax_rate_archived', `Tax rate ${before.id} was replaced by ${before.replacedBy}.`);
}

async function requireOneKind(
  tx: Transaction,
  tenant: Tenant,
  rate: { readonly id: string; readonly inclusive: boolean },
): Promise<void> {
  const holder = await selectHolderOfOtherKind(tx, tenant, rate);
  if (holder === null) return;
  const who = holder.customer === null ? 'The account' : `Customer ${holder.customer}`;
  const message = `${who} has it beside a rate that is ${rate.inclusive ? 'exclusive' : 'inclusive'}.`;
  throw new Failure('mixed_tax_rates', message, { param: 'inclusive' });
}
