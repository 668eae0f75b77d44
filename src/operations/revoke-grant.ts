import { Failure } from '../domain/errors/failure.ts';
import { type CreditGrantRow, markGrantEnded, updateGrantEnd } from '../storage/credit-grants.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { insertNudges } from '../storage/outbox.ts';
import { lapseGrants } from './billing/credit-ledger.ts';
import { liveSubscriptionIds } from './billing/customer-billing.ts';
import { commandOnCustomer } from './billing/due-steps.ts';
import { getCreditGrant } from './get-credit-grant.ts';

/**
 * Ends a grant now: earlier usage stays covered, what is left is written off once no open period can draw it
 * (billing rules 5). Throws Failure `not_found`, `grant_ended`.
 */
export async function revokeGrant(db: Database, tenant: Tenant, grantId: string): Promise<CreditGrantRow> {
  const { customerId } = await getCreditGrant(db, tenant, grantId);
  await commandOnCustomer(db, { tenant, customerId }, async ({ tx, billing, now }) => {
    const grant = billing.grants.find((each) => each.id === grantId);
    if (grant === undefined || grant.status === 'ended')
      throw new Failure('grant_ended', `Grant ${grantId} has ended.`);
    await updateGrantEnd(tx, { tenant, id: grantId }, { endsAt: now, endsBy: 'revoke', revokedAt: now });
    await markGrantEnded(tx, { tenant, id: grantId });
    await lapseGrants(tx, tenant, { customerId, asOf: now, at: now });
    await insertNudges(tx, tenant, liveSubscriptionIds(billing));
  });
  return getCreditGrant(db, tenant, grantId);
}
