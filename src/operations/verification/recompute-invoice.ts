import { type BasisJson, basisFromJson, plansOf } from '../../domain/invoicing/basis-json.ts';
import type { InvoiceBasis, InvoiceUsage } from '../../domain/invoicing/basis.ts';
import { computeDocument, type InvoiceDocument } from '../../domain/invoicing/document.ts';
import { Failure } from '../../domain/errors/failure.ts';
import type { PlanVersion } from '../../domain/plan.ts';
import type { Queryable, Tenant } from '../../storage/database.ts';
import { type InvoiceRow, selectInvoiceBasis } from '../../storage/invoices.ts';
import { selectPlanVersion } from '../../storage/plan-versions.ts';
import { readInvoiceUsage } from '../billing/read-invoice-usage.ts';

export interface Recomputation {
  readonly basis: InvoiceBasis;
  readonly usage: InvoiceUsage;
  readonly document: InvoiceDocument;
}

/**
 * Computes a finalized invoice again, as at its finalization: from what was recorded then, the plan versions and the
 * events as they are stored. Throws Failure `invoice_not_final`, `invoice_without_basis`; UnrateableError and RangeError
 * where these do not fit together any more.
 */
export async function recomputeInvoice(db: Queryable, tenant: Tenant, invoice: InvoiceRow): Promise<Recomputation> {
  const basis = await loadStoredBasis(db, tenant, invoice);
  const usage = await readInvoiceUsage(db, { tenant, customerRef: invoice.customerExternalId }, basis);
  return { basis, usage, document: computeDocument(basis, usage) };
}

async function loadStoredBasis(db: Queryable, tenant: Tenant, invoice: InvoiceRow): Promise<InvoiceBasis> {
  if (invoice.finalizedAt === null) {
    throw new Failure('invoice_not_final', `Invoice ${invoice.id} was never finalized.`);
  }
  const text = await selectInvoiceBasis(db, tenant, invoice.id);
  if (text === null) {
    const message = `What invoice ${invoice.number} was computed from was not recorded.`;
    throw new Failure('invoice_without_basis', message);
  }
  const json: BasisJson = JSON.parse(text);
  // Not those that a process remembers: they are part of what is verified.
  const plans = new Map<string, PlanVersion | null>();
  for (const { planId, planVersion: version } of plansOf(json)) {
    plans.set(`${planId}/${version}`, await selectPlanVersion(db, tenant, { planId, version }));
  }
  return basisFromJson(json, (planId, version) => {
    const plan = plans.get(`${planId}/${version}`) ?? null;
    if (plan === null) throw new RangeError(`plan ${planId} has no version ${version}`);
    return plan;
  });
}
