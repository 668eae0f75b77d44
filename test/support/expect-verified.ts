import { expect } from '@jest/globals';
import { getInvoice } from '../../src/operations/get-invoice.ts';
import { verifyInvoice } from '../../src/operations/verify-invoice.ts';
import type { Database } from '../../src/storage/database.ts';
import { expectExplained } from './expect-explained.ts';

/**
 * Computes every finalized invoice of the database again; fails with each difference, and where an explanation does not
 * end in what its invoice says. Returns how many there were.
 */
export async function expectVerified(db: Database): Promise<number> {
  const { rows } = await db.pool.query<{ account_id: number; livemode: boolean; id: string }>(
    'select account_id, livemode, id from invoices where finalized_at is not null order by account_id, livemode, number_seq',
  );
  const wrong: unknown[] = [];
  for (const { account_id: accountId, livemode, id } of rows) {
    const tenant = { accountId, livemode };
    const { equal, number, differences, problem } = await verifyInvoice(db, tenant, id);
    if (!equal) wrong.push({ number, differences, problem });
    else await expectExplained(db, tenant, await getInvoice(db, tenant, id));
  }
  expect(wrong).toEqual([]);
  return rows.length;
}
