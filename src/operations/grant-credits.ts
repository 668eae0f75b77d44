import { expiryOf } from '../domain/credits/grant-end.ts';
import type { DecimalText } from '../domain/decimal.ts';
import { Failure } from '../domain/errors/failure.ts';
import type { Id } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import { newId } from '../platform/new-id.ts';
import { findBillingCustomer } from '../storage/billing-customers.ts';
import { insertCreditEntry } from '../storage/credit-entries.ts';
import {
  type CreditGrantRow,
  insertCreditGrant,
  type NewCreditGrant,
  selectCreditGrant,
} from '../storage/credit-grants.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { insertNudges } from '../storage/outbox.ts';
import { liveSubscriptionIds } from './billing/customer-billing.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { fixGrantEnds } from './billing/open-period.ts';
import { getCreditGrant } from './get-credit-grant.ts';

export interface NewGrant {
  /** Of the caller's making: a repeat with the same one finds what the first attempt made. */
  readonly id: Id<'grant'>;
  /** external_id or `cus_…`. */
  readonly customerId: string;
  /** Usage units ("events"), > 0. */
  readonly amount: DecimalText;
  readonly expiresInDays: number | null;
  readonly rollover: boolean;
  /** null: now. */
  readonly effectiveAt: Instant | null;
  readonly priority: number;
  readonly eventNames: readonly string[] | null;
  readonly subscriptionId: string | null;
  readonly name: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Issues a credit grant with its first ledger entry and, where its period is known, its end (billing rules 5).
 * Throws Failure `not_found` for the customer, and for a subscription that is not the customer's.
 */
export async function grantCredits(db: Database, tenant: Tenant, input: NewGrant): Promise<CreditGrantRow> {
  const found = await findBillingCustomer(db, tenant, input.customerId);
  if (found === null) throw new Failure('not_found', `No customer ${input.customerId}.`, { param: 'customer_id' });
  await commandOnCustomer(db, { tenant, customerId: found.id }, async (context) => {
    if ((await selectCreditGrant(context.tx, tenant, input.id)) === null) await grant(context, input);
  });
  return getCreditGrant(db, tenant, input.id);
}

async function grant(context: CommandContext, input: NewGrant): Promise<void> {
  const { tx, billing, customer, now } = context;
  const { tenant } = billing;
  if (customer.archivedAt !== null) {
    throw new Failure('customer_archived', `Customer ${customer.externalId} is archived.`, { param: 'customer_id' });
  }
  if (input.subscriptionId !== null && !billing.subscriptions.some((each) => each.id === input.subscriptionId)) {
    const message = `Customer ${customer.externalId} has no subscription ${input.subscriptionId}.`;
    throw new Failure('not_found', message, { param: 'subscription_id' });
  }
  const effectiveAt = input.effectiveAt ?? now;
  const expiresAt = expiryOf(effectiveAt, input.expiresInDays);
  const row: NewCreditGrant = {
    id: input.id,
    customerId: customer.id,
    name: input.name,
    amount: input.amount,
    effectiveAt,
    expiresAt,
    rollover: input.rollover,
    priority: input.priority,
    eventNames: input.eventNames,
    subscriptionId: input.subscriptionId,
    endsAt: input.rollover ? expiresAt : null,
    endsBy: input.rollover && expiresAt !== null ? 'expiry' : null,
    status: 'active',
    revokedAt: null,
    metadata: JSON.stringify(input.metadata),
    createdAt: now,
  };
  await insertCreditGrant(tx, tenant, row);
  await insertCreditEntry(tx, tenant, {
    id: newId('creditEntry'),
    grantId: row.id,
    kind: 'granted',
    amount: input.amount,
    invoiceId: null,
    lineId: null,
    chargeId: null,
    subscriptionId: null,
    periodNumber: null,
    source: 'grant',
    createdAt: now,
  });
  await fixGrantEnds(tx, tenant, [row]);
  await insertNudges(tx, tenant, liveSubscriptionIds(billing));
}
