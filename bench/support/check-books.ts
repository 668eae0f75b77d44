import { verifyAccount } from '../../src/operations/verify-account.ts';
import { sql } from '../../src/storage/sql.ts';
import { type Product, TENANT } from './product.ts';

/**
 * Throws unless each subscription has closed its first `periods` periods, each once and in order, under numbers without a
 * gap, and every invariant of the account holds. Returns that as sentences.
 */
export async function checkBooks(product: Product, periods: number): Promise<string[]> {
  const [counts] = await product.db.query<{ subscriptions: number; wrong: number; invoices: number; last: bigint }>(sql`
    select (select count(*) from subscriptions)::int as subscriptions,
      (select count(*) from subscriptions s where ${periods} <> (
        select count(distinct i.period_number) from invoices i
        where i.subscription_id = s.id and i.kind = 'closing' and i.status in ('open', 'paid')
      ) or ${periods} <> (select count(*) from invoices i where i.subscription_id = s.id))::int as wrong,
      (select count(*) from invoices)::int as invoices, (select max(number_seq) from invoices) as last`);
  if (counts === undefined) throw new Error('nothing was counted');
  const { subscriptions, wrong, invoices, last } = counts;
  if (wrong > 0)
    throw new Error(`${wrong} of ${subscriptions} subscriptions have not closed ${periods} periods once each`);
  if (last !== BigInt(invoices)) throw new Error(`${invoices} invoices have numbers up to ${last}`);
  const [unordered] = await product.db.query<{ subscriptionId: string }>(sql`
    select subscription_id as "subscriptionId" from (
      select subscription_id, number_seq, lag(number_seq) over (partition by subscription_id order by period_number) as before
      from invoices
    ) i where before > number_seq limit 1`);
  if (unordered !== undefined) throw new Error(`${unordered.subscriptionId} closed its periods out of order`);
  return [
    `${subscriptions} subscriptions closed ${periods} periods each, once and in order, numbers 1 to ${invoices}`,
    await checkInvariants(product),
  ];
}

async function checkInvariants(product: Product): Promise<string> {
  let checked = 0;
  for (let after: string | null = null; ; ) {
    const { invariants, ok, hasMore } = await verifyAccount(product.db, TENANT, { after });
    const broken = invariants.filter(({ severity, breaches }) => severity === 'violation' && breaches?.count !== 0n);
    if (!ok) throw new Error(`broken: ${broken.map(({ name }) => name).join(', ')}`);
    checked += invariants.length;
    after = invariants.at(-1)?.name ?? null;
    if (!hasMore) return `${checked} invariants hold`;
  }
}
