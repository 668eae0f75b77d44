import type { CatalogueEntry } from './catalogue.ts';

/** Of payments, credit notes and balances: a part of the catalogue. */
export const MONEY_CODES = {
  payment_exceeds_due: {
    type: 'invalid_request',
    meaning: 'The payment is more than what is due of the invoice; nothing was recorded.',
    fix: 'Send at most `amount_due`, or leave `amount` out to pay all of it.',
  },
  line_not_creditable: {
    type: 'invalid_request',
    meaning: 'A line of 0 or below cannot be credited by itself.',
    fix: 'Leave it out, or leave `lines` out to credit all that is left of the invoice, such lines included.',
  },
  credit_exceeds_line: {
    type: 'invalid_request',
    meaning: 'The credit note takes back more of a line than earlier credit notes left of it.',
    fix: 'Credit at most what the message names, or leave the `amount` of the line out.',
  },
  credit_exceeds_invoice: {
    type: 'invalid_request',
    meaning:
      'The lines together take back more than is left of the invoice, which negative lines made less than their sum.',
    fix: 'Credit less, or leave `lines` out to credit all that is left.',
  },
  invoice_is_draft: {
    type: 'conflict',
    meaning: 'The invoice is a draft, so nothing is due of it yet.',
    fix: 'Wait until it is finalized, or finalize it.',
  },
  invoice_not_final: {
    type: 'conflict',
    meaning: 'The invoice was never finalized, so there is nothing to verify: it is a draft, or was voided as one.',
    fix: 'Verify it when it is finalized.',
  },
  invoice_without_basis: {
    type: 'conflict',
    meaning: 'The invoice was finalized by a version that did not record what it computed invoices from.',
    fix: 'It cannot be computed again; invoices that are finalized by this version can.',
  },
  invoice_is_void: {
    type: 'conflict',
    meaning: 'The invoice is void.',
    fix: 'Use the invoice that replaced it, where there is one.',
  },
  invoice_is_paid: {
    type: 'conflict',
    meaning: 'Nothing is due of the invoice any more.',
    fix: 'Nothing needs to be done.',
  },
  invoice_has_payments: {
    type: 'conflict',
    meaning: 'A payment is recorded on the invoice.',
    fix: 'Issue a credit note for it.',
  },
  invoice_has_credit_notes: {
    type: 'conflict',
    meaning: 'A credit note was issued for the invoice, so it can no longer be voided.',
    fix: 'Issue another credit note for what is left of it.',
  },
  nothing_to_credit: {
    type: 'conflict',
    meaning: 'Nothing is left of the invoice: it was not above 0, or credit notes have taken back all of it.',
    fix: 'Nothing needs to be done.',
  },
  balance_used: {
    type: 'conflict',
    meaning: "The invoice added to the customer's balance, and that was used for other invoices meanwhile.",
    fix: 'Void the invoices that used it first, or leave it.',
  },
} as const satisfies Record<string, CatalogueEntry>;
