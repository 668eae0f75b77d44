import { expect } from '@jest/globals';
import { Failure } from '../../../src/domain/errors/failure.ts';
import type { InvoiceWithLines } from '../../../src/operations/get-invoice.ts';
import { type PreviewAt, type PreviewedInvoice, previewInvoice } from '../../../src/operations/preview-invoice.ts';
import { type BillingWorld, TEST_TENANT } from '../billing-world.ts';
import { tellContent } from './tell-life.ts';

type Previewed = PreviewedInvoice | 'no_running_period' | 'needs_attention';

/** What a preview says, or why there is none. */
export async function previewOf(
  world: BillingWorld,
  query: { readonly subscriptionId: string; readonly at: PreviewAt },
): Promise<Previewed> {
  return previewInvoice(world.db, TEST_TENANT, query).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    if (error.code !== 'no_running_period' && error.code !== 'needs_attention') throw error;
    return error.code;
  });
}

/** The invoice that came is the one that was previewed just before, amounts, lines and taxes (billing rules 7). */
export function expectAsPreviewed(invoice: InvoiceWithLines | undefined, preview: Previewed): void {
  // Without a running period a cancel has nothing to bill, a trigger perhaps late usage.
  if (preview === 'no_running_period') return;
  if (preview === 'needs_attention') expect(invoice?.lines).toEqual([]);
  else expect(invoice === undefined ? null : tellContent(invoice)).toEqual(tellContent(preview));
}
