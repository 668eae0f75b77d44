import { finalizeInvoice } from '../../operations/finalize-invoice.ts';
import { getInvoice, listInvoices } from '../../operations/get-invoice.ts';
import { previewInvoice } from '../../operations/preview-invoice.ts';
import { triggerCustomerInvoices, triggerInvoice, type TriggerOutcome } from '../../operations/trigger-invoice.ts';
import { voidInvoice } from '../../operations/void-invoice.ts';
import { answerPage } from '../page.ts';
import { type Answer, type CallContext, created, type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { encodeInvoice } from './codec.ts';
import { invoiceExamples } from './examples.ts';
import { payInvoiceEndpoint } from './pay.ts';
import { explainInvoiceEndpoint } from './explain.ts';
import { verifyInvoiceEndpoint } from './verify.ts';
import {
  invoiceAnswer,
  invoiceListAnswer,
  invoicePreviewAnswer,
  listInvoicesQuery,
  previewInvoiceBody,
  triggerAnswer,
  triggerInvoiceBody,
  triggerListAnswer,
  voidInvoiceBody,
} from './schemas.ts';

const tag = 'Invoices';
const one = { 200: { description: 'The invoice.', schema: invoiceAnswer } };

export const invoiceEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/invoices',
    role: 'admin',
    tag,
    summary: 'Trigger an invoice now',
    description:
      'An interim invoice of the usage so far, less what earlier ones of the period billed. The period goes on; flat fees wait for its end. With `customer_id` each of its subscriptions, answered as a list.',
    query: takesNothing,
    body: triggerInvoiceBody,
    example: invoiceExamples.trigger,
    answers: {
      201: { description: 'The invoice, or with `customer_id` a list of them.', schema: triggerAnswer },
      200: { description: 'Nothing to bill; `skipped` says why.', schema: triggerListAnswer },
    },
    errors: ['not_found', 'test_clock_advancing', 'catching_up'],
    handle: async (call) => {
      const { deps, tenant, body } = call;
      const triggerId = `api/${call.newId('invoice')}`;
      if (body.subscription_id === undefined || body.subscription_id === null) {
        const customerRef = body.customer_id ?? '';
        return answerTriggers(call, await triggerCustomerInvoices(deps.db, tenant, { customerRef, triggerId }));
      }
      const outcome = await triggerInvoice(deps.db, tenant, { subscriptionId: body.subscription_id, triggerId });
      return outcome.made
        ? created(encodeInvoice(deps.settings, tenant, outcome.invoice))
        : answerTriggers(call, [outcome]);
    },
  }),
  endpoint({
    method: 'get',
    path: '/invoices',
    role: 'read',
    tag,
    summary: 'List invoices',
    query: listInvoicesQuery,
    body: takesNothing,
    example: invoiceExamples.list,
    answers: { 200: { description: 'A page of invoices, newest first.', schema: invoiceListAnswer } },
    handle: (call) => {
      const { deps, tenant, query } = call;
      const filters = {
        customerRef: query.customer_id ?? null,
        subscriptionId: query.subscription_id ?? null,
        status: query.status ?? null,
        from: query.from ?? null,
        to: query.to ?? null,
      };
      return answerPage(call, {
        select: (page) => listInvoices(deps.db, tenant, { ...page, ...filters }),
        encode: (invoice) => encodeInvoice(deps.settings, tenant, invoice),
      });
    },
  }),
  endpoint({
    method: 'get',
    path: '/invoices/{id}',
    role: 'read',
    tag,
    summary: 'Retrieve an invoice with its lines',
    query: takesNothing,
    body: takesNothing,
    example: invoiceExamples.get,
    answers: one,
    handle: async ({ deps, tenant, id }) =>
      ok(encodeInvoice(deps.settings, tenant, await getInvoice(deps.db, tenant, id))),
  }),
  endpoint({
    method: 'post',
    path: '/invoices/preview',
    role: 'admin',
    tag,
    summary: 'Preview an invoice',
    description: 'Computed by the same code as the real one; nothing is written.',
    query: takesNothing,
    body: previewInvoiceBody,
    example: invoiceExamples.preview,
    answers: { 200: { description: 'The invoice that would come.', schema: invoicePreviewAnswer } },
    errors: ['not_found', 'no_running_period', 'needs_attention'],
    handle: async ({ deps, tenant, body }) => {
      const query = { subscriptionId: body.subscription_id, at: body.at };
      return ok(encodeInvoice(deps.settings, tenant, await previewInvoice(deps.db, tenant, query)));
    },
  }),
  endpoint({
    method: 'post',
    path: '/invoices/{id}/finalize',
    role: 'admin',
    tag,
    summary: 'Finalize a draft before its time',
    query: takesNothing,
    body: takesNothing,
    example: invoiceExamples.finalize,
    answers: one,
    errors: [
      'invoice_not_draft',
      'earlier_invoice_is_draft',
      'needs_attention',
      'customer_archived',
      'test_clock_advancing',
      'catching_up',
    ],
    handle: async ({ deps, tenant, id }) =>
      ok(encodeInvoice(deps.settings, tenant, await finalizeInvoice(deps.db, tenant, id))),
  }),
  payInvoiceEndpoint,
  explainInvoiceEndpoint,
  verifyInvoiceEndpoint,
  endpoint({
    method: 'post',
    path: '/invoices/{id}/void',
    role: 'admin',
    tag,
    summary: 'Void an invoice',
    description:
      'Credits go back to their grants, what the balance paid goes back to the balance. Usage of a period that is still open returns to its next invoice; everything else is waived, unless `reissue` bills it again, with what is known now, on an invoice that replaces this one.',
    query: takesNothing,
    body: voidInvoiceBody,
    example: invoiceExamples.void,
    answers: one,
    errors: [
      'invoice_already_void',
      'invoice_has_payments',
      'invoice_has_credit_notes',
      'balance_used',
      'newer_invoice_exists',
      'invoice_is_draft',
      'needs_attention',
      'test_clock_advancing',
      'catching_up',
    ],
    handle: async ({ deps, tenant, id, body }) => {
      const command = { invoiceId: id, reason: body.reason ?? null, reissue: body.reissue ?? false };
      return ok(encodeInvoice(deps.settings, tenant, await voidInvoice(deps.db, tenant, command)));
    },
  }),
];

/** 201 with the invoices that were made; 200 when there are none. */
function answerTriggers({ deps, tenant }: CallContext, outcomes: readonly TriggerOutcome[]): Answer {
  const invoices = outcomes.flatMap((outcome) => (outcome.made ? [outcome.invoice] : []));
  const skipped = outcomes.flatMap((outcome) => (outcome.made ? [] : [outcome.skip]));
  const body = {
    object: 'list',
    data: invoices.map((invoice) => encodeInvoice(deps.settings, tenant, invoice)),
    has_more: false,
    next_cursor: null,
    skipped: skipped.map((skip) => ({ subscription_id: skip.subscriptionId, code: skip.code, message: skip.message })),
  };
  return invoices.length > 0 ? created(body) : ok(body);
}
