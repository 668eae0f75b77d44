import { expect } from '@jest/globals';
import { verifyInvoice } from '../../src/operations/verify-invoice.ts';
import type { Database } from '../../src/storage/database.ts';

/** Computes every finalized invoice of the database again; fails with each difference. Returns how many there were. */
export async function expectVerified(db: Database): Promise<number> {
  const { rows } = await db.pool.query<{ account_id: number; livemode: boolean; id: string }>(
    'select account_id, livemode, id from invoices where finalized_at is not null order by account_id, livemode, number_seq',
  );
  const wrong: unknown[] = [];
  for (const { account_id: accountId, livemode, id } of rows) {
    const { equal, number, differences, problem } = await verifyInvoice(db, { accountId, livemode }, id);
    if (!equal) wrong.push({ number, differences, problem });
  }
  expect(wrong).toEqual([]);
  return rows.length;
}
