import { Failure, type Fault } from '../domain/errors/failure.ts';
import { hasMixedRates } from '../domain/invoicing/tax.ts';
import type { Tenant, Transaction } from '../storage/database.ts';
import { shareTaxRates, type TaxRateRow } from '../storage/tax-rates.ts';

const PARAM = 'tax_rate_ids';

/**
 * Checks the rates that a customer or the account is to have. Their rows stay shared until the transaction ends, so none
 * becomes of another kind or is replaced meanwhile; customer and account come before rates in the lock order.
 *
 * @throws Failure `not_found`, `tax_rate_archived`, `mixed_tax_rates` (billing rules 7: a document's rates are all
 * exclusive or all inclusive)
 */
export async function requireHoldableTaxRates(tx: Transaction, tenant: Tenant, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const rates = await shareTaxRates(tx, tenant, ids);
  const known = new Map(rates.map((rate) => [rate.id, rate]));
  refuse('not_found', ids, (id) => (known.has(id) ? null : 'No tax rate with this id exists.'));
  refuse('tax_rate_archived', ids, (id) => archivedMessage(known.get(id)));
  if (hasMixedRates(rates)) {
    const message = 'Some of the rates are inclusive and some exclusive.';
    throw new Failure('mixed_tax_rates', message, { param: PARAM });
  }
}

function archivedMessage(rate: TaxRateRow | undefined): string | null {
  return rate === undefined || rate.archivedAt === null
    ? null
    : `Tax rate ${rate.id} was replaced by ${rate.replacedBy}.`;
}

/** One failure for every id that has a message. */
function refuse(
  code: 'not_found' | 'tax_rate_archived',
  ids: readonly string[],
  messageOf: (id: string) => string | null,
): void {
  const details = ids.flatMap((id, index): Fault[] => {
    const message = messageOf(id);
    return message === null ? [] : [{ param: `${PARAM}[${index}]`, code, message }];
  });
  const [first] = details;
  if (first !== undefined) throw new Failure(code, first.message, { details });
}
