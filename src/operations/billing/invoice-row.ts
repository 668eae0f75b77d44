import { ZERO } from '../../domain/decimal.ts';
import { formatMoney } from '../../domain/money.ts';
import type { InvoiceRow } from '../../storage/invoices.ts';

/** The fields of an invoice that nothing has set yet: a draft without lines. */
export function emptyContent(currency: string) {
  const zero = formatMoney(ZERO, currency);
  return {
    triggerId: null,
    status: 'draft',
    paymentStatus: 'unpaid',
    number: null,
    numberSeq: null,
    currency,
    usageCutoffSeq: null,
    usageCutoffAt: null,
    subtotal: zero,
    taxTotal: zero,
    total: zero,
    balanceApplied: zero,
    amountCredited: zero,
    amountPaid: zero,
    amountDue: zero,
    issues: '[]',
    finalizedAt: null,
    dueAt: null,
    paidAt: null,
    voidedAt: null,
    voidReason: null,
    waived: false,
    voidedAfter: null,
    lateSeqs: null,
    customerDetails: null,
    sellerDetails: null,
    replaces: null,
    replacedBy: null,
    metadata: '{}',
  } as const satisfies Partial<InvoiceRow>;
}
