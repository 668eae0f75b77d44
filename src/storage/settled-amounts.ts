import type { LineKind } from '../domain/rating/model.ts';
import type { Queryable, Tenant } from './database.ts';
import { type AsOfNumber, COUNTED_SINCE, countedBelow, ENTRY_SINCE } from './invoice-order.ts';
import { sql } from './sql.ts';

/** A period of a subscription. */
interface PeriodKey extends AsOfNumber {
  readonly tenant: Tenant;
  readonly subscriptionId: string;
  readonly number: number;
}

export interface SettledRow {
  readonly chargeId: string | null;
  readonly kind: LineKind;
  readonly waived: boolean;
  readonly amount: string;
}

/**
 * What invoices have billed for a period, a charge and kind of line: live ones, and void ones whose content was waived,
 * which count as settled. Advance flats stand on the invoice of the period before, late usage on any closing invoice
 * made later, which one that is made again may be for an earlier period. With `advanceOnDrafts` also the advance flats on
 * a draft of the period before. By the unique index of invoices on (subscription, period); `offset 0` has the lines read by
 * invoice, where PostgreSQL may take a small table as a whole and keep to that while it grows.
 */
export async function selectSettledAmounts(
  db: Queryable,
  key: PeriodKey,
  { advanceOnDrafts }: { readonly advanceOnDrafts: boolean },
): Promise<SettledRow[]> {
  const below = countedBelow(key);
  return db.query<SettledRow>(sql`
    select l.charge_id as "chargeId", l.kind, i.waived and i.voided_after < ${below} as waived, sum(l.amount) as amount
    from invoices i
    cross join lateral (
      select o.charge_id, o.kind, o.amount
      from invoice_lines o
      where o.account_id = i.account_id and o.livemode = i.livemode and o.invoice_id = i.id
        and o.period_number = ${key.number}
      offset 0
    ) l
    where i.account_id = ${key.tenant.accountId} and i.livemode = ${key.tenant.livemode}
      and i.subscription_id = ${key.subscriptionId}
      and (i.period_number >= ${key.number - 1} or i.late_seqs is not null)
      and ((${COUNTED_SINCE} < ${below} and (i.status <> 'void' or i.voided_after >= ${below} or i.waived))
        or (${advanceOnDrafts} and i.status = 'draft' and i.period_number = ${key.number - 1} and l.kind = 'flat'))
    group by 1, 2, 3
    order by 1, 2, 3`);
}

/**
 * What invoices that count have drawn for a period, a grant and charge: a void whose content was waived gave the units
 * back, but its usage stays covered as it was. By the index credit_entries_period.
 */
export async function selectSettledDraws(
  db: Queryable,
  key: PeriodKey,
): Promise<{ grantId: string; chargeId: string; drawn: string }[]> {
  return db.query<{ grantId: string; chargeId: string; drawn: string }>(sql`
    select e.grant_id as "grantId", e.charge_id as "chargeId", -sum(e.amount) as drawn
    from credit_entries e
    join invoices i on i.account_id = e.account_id and i.livemode = e.livemode and i.id = e.invoice_id
    where e.account_id = ${key.tenant.accountId} and e.livemode = ${key.tenant.livemode}
      and e.subscription_id = ${key.subscriptionId} and e.period_number = ${key.number}
      and e.kind in ('consumed', 'restored') and not (i.waived and e.source like 'void:%')
      and ${ENTRY_SINCE} < ${countedBelow(key)}
    group by e.grant_id, e.charge_id
    having sum(e.amount) <> 0
    order by e.grant_id, e.charge_id`);
}
