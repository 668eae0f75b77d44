import { type CoverablePeriod, endOfGrant } from '../domain/credits/grant-end.ts';
import { type UninvoicedPeriod, unitsLeft } from '../domain/credits/units-left.ts';
import { type Decimal, decimal, isPositive, sumOf, ZERO } from '../domain/decimal.ts';
import { Failure } from '../domain/errors/failure.ts';
import { compareInstants, type Instant, minInstant } from '../domain/instant.ts';
import { compareInDrawOrder } from '../domain/rating/grants.ts';
import type { Draw, GrantView } from '../domain/rating/model.ts';
import { findBillingCustomer } from '../storage/billing-customers.ts';
import type { EndsBy } from '../storage/credit-grants.ts';
import { type GrantAsOf, selectDrawsAsOf, selectGrantsAsOf } from '../storage/customer-credits.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { selectPeriodsEndingAfter } from '../storage/periods.ts';
import { planVersionOf } from './billing/plan-of-period.ts';
import { readInvoiceUsage } from './billing/read-invoice-usage.ts';
import { type AsOf, type BegunPeriod, loadBegunPeriods, withUsage } from './billing/uninvoiced-periods.ts';
import { businessNow } from './business-time.ts';

/** A grant as it stood, or will stand, at an instant; amounts in units. */
export interface GrantCredits {
  readonly grant: GrantAsOf;
  readonly balance: Decimal;
  readonly available: Decimal;
  /** As known now; null: never, or not known. */
  readonly endsAt: Instant | null;
  readonly endsBy: EndsBy | null;
  /** By then. */
  readonly status: 'active' | 'ended';
}

export interface CustomerCredits {
  readonly customerExternalId: string;
  readonly asOf: Instant;
  readonly balance: Decimal;
  readonly available: Decimal;
  /** The grant that ends next of those with something left, and what that is. */
  readonly nextEnd: { readonly grantId: string; readonly endsAt: Instant; readonly amount: Decimal } | null;
  /** In the order in which they are drawn: those that go on, and ended ones that hold something. */
  readonly grants: readonly GrantCredits[];
}

/**
 * What a customer has in credits at an instant, now unless given: what the ledger held then, and what is left of that
 * once the usage before then which is on no final invoice has drawn (billing rules 5). From one snapshot; writes
 * nothing.
 *
 * @param query `customerRef` is an external id or `cus_…`.
 * @throws Failure `not_found`
 */
export async function getCustomerCredits(
  db: Database,
  tenant: Tenant,
  query: { readonly customerRef: string; readonly asOf: Instant | null },
): Promise<CustomerCredits> {
  return db.snapshot(async (snapshot) => {
    const customer = await findBillingCustomer(snapshot, tenant, query.customerRef);
    if (customer === null) throw new Failure('not_found', `No customer ${query.customerRef}.`);
    const at = query.asOf ?? (await businessNow(snapshot, customer));
    const asOf: AsOf = { tenant, customer, at };
    const begun = await loadBegunPeriods(snapshot, asOf);
    const since = minInstant(at, ...begun.map(({ period }) => period.start));
    const rows = await selectGrantsAsOf(snapshot, { tenant, customerId: customer.id, asOf: at }, since);
    const grants: KnownGrant[] = [];
    for (const row of rows) grants.push(await withEnd(snapshot, asOf, { row, begun }));
    const left = unitsLeft(grants.map(viewOf), await loadUsage(snapshot, asOf, { grants, begun }));
    return creditsOf({ customerExternalId: customer.externalId, asOf: at }, grants, left);
  });
}

interface KnownGrant {
  readonly row: GrantAsOf;
  readonly endsAt: Instant | null;
  readonly endsBy: EndsBy | null;
}

/**
 * The end of a grant that does not know it yet, if it will have ended by then: with a period that will have opened, or by
 * its expiry.
 */
async function withEnd(
  db: Queryable,
  { tenant, at }: AsOf,
  { row, begun }: { readonly row: GrantAsOf; readonly begun: readonly BegunPeriod[] },
): Promise<KnownGrant> {
  const { endsAt, endsBy } = row;
  if (endsAt !== null || row.rollover) return { row, endsAt, endsBy };
  const periods: CoverablePeriod[] = begun
    .filter(({ subscription }) => subscription.status !== 'canceled')
    .map(({ subscription, plan, period, endAt }) => {
      return { subscriptionId: subscription.id, charges: plan.charges, startAt: period.start, endAt };
    });
  for (const period of await selectPeriodsEndingAfter(db, tenant, row)) {
    periods.push({ ...period, charges: (await planVersionOf(db, tenant, period)).charges });
  }
  const end = endOfGrant(row, periods, []);
  if (end !== null && end.endsAt <= at) return { row, ...end };
  const isExpired = row.expiresAt !== null && row.expiresAt <= at;
  return isExpired ? { row, endsAt: row.expiresAt, endsBy: 'expiry' } : { row, endsAt: null, endsBy: null };
}

function viewOf({ row, endsAt }: KnownGrant): GrantView {
  return {
    id: row.id,
    effectiveAt: row.effectiveAt,
    // Until its period is known, an expiry is the only bound there is.
    endsAt: endsAt ?? row.expiresAt,
    priority: row.priority,
    eventNames: row.eventNames,
    subscriptionId: row.subscriptionId,
    createdAt: row.createdAt,
    available: decimal(row.balance),
  };
}

/** The usage of the periods, cut where the grants start and end, with what the periods had drawn. */
async function loadUsage(
  db: Queryable,
  asOf: AsOf,
  { grants, begun }: { readonly grants: readonly KnownGrant[]; readonly begun: readonly BegunPeriod[] },
): Promise<UninvoicedPeriod[]> {
  if (grants.length === 0) return [];
  const { tenant, customer, at } = asOf;
  const periods = begun.map(({ subscription, period }) => ({
    subscriptionId: subscription.id,
    number: period.number,
  }));
  const draws = await selectDrawsAsOf(db, { tenant, customerId: customer.id, asOf: at }, periods);
  const loaded: UninvoicedPeriod[] = [];
  for (const { subscription, plan, period } of await withUsage(db, asOf, begun)) {
    const drawn = draws
      .filter((row) => row.subscriptionId === subscription.id && row.periodNumber === period.number)
      .map(({ grantId, chargeId, drawn: units }): Draw => ({ grantId, chargeId, quantity: decimal(units) }));
    const { own: usage } = await readInvoiceUsage(
      db,
      { tenant, customerRef: customer.externalId },
      {
        kind: 'closing',
        currency: plan.currency,
        subscriptionId: subscription.id,
        own: { period, plan, settled: [], draws: drawn },
        next: null,
        late: [],
        counted: null,
        lateSeqs: [],
        grants: grants.map(viewOf),
        taxRates: [],
        balance: ZERO,
      },
    );
    loaded.push({ subscriptionId: subscription.id, plan, period, usage, drawn });
  }
  return loaded;
}

function creditsOf(
  facts: Pick<CustomerCredits, 'customerExternalId' | 'asOf'>,
  known: readonly KnownGrant[],
  left: ReadonlyMap<string, Decimal>,
): CustomerCredits {
  const grants = known
    .toSorted((one, other) => compareInDrawOrder(viewOf(one), viewOf(other)))
    .map(({ row, endsAt, endsBy }): GrantCredits => {
      const isOver = endsAt !== null && endsAt <= facts.asOf;
      // Nothing can use any more what is left of one that is over.
      const available = isOver ? ZERO : (left.get(row.id) ?? ZERO);
      const status = isOver ? 'ended' : 'active';
      return { grant: row, balance: decimal(row.balance), available, endsAt, endsBy, status };
    })
    .filter(({ status, balance }) => status === 'active' || !balance.isZero());
  const [next] = grants
    .flatMap(({ grant, available, endsAt, status }) =>
      status === 'active' && endsAt !== null && isPositive(available)
        ? [{ grantId: grant.id, endsAt, amount: available }]
        : [],
    )
    .toSorted((one, other) => compareInstants(one.endsAt, other.endsAt));
  return {
    ...facts,
    balance: sumOf(grants.map(({ balance }) => balance)),
    available: sumOf(grants.map(({ available }) => available)),
    nextEnd: next ?? null,
    grants,
  };
}
