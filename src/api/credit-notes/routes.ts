import { createCreditNote } from '../../operations/create-credit-note.ts';
import { getCreditNote, listCreditNotes } from '../../operations/get-credit-note.ts';
import { answerPage } from '../page.ts';
import { created, type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { encodeCreditNote } from './codec.ts';
import { creditNoteExamples } from './examples.ts';
import { createCreditNoteBody, creditNoteAnswer, creditNoteListAnswer, listCreditNotesQuery } from './schemas.ts';

const tag = 'Credit notes';

export const creditNoteEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/credit-notes',
    role: 'admin',
    tag,
    summary: 'Credit an invoice',
    description:
      'Takes back all that is left of an open or paid invoice, or parts of its lines, with their share of the taxes. It first lowers what is due; the rest becomes balance, which pays later invoices.',
    query: takesNothing,
    body: createCreditNoteBody,
    example: creditNoteExamples.create,
    answers: { 201: { description: 'The new credit note.', schema: creditNoteAnswer } },
    errors: [
      'not_found',
      'line_not_creditable',
      'credit_exceeds_line',
      'credit_exceeds_invoice',
      'nothing_to_credit',
      'invoice_is_draft',
      'invoice_is_void',
      'test_clock_advancing',
      'catching_up',
    ],
    handle: async ({ deps, tenant, body, newId }) => {
      const lines = body.lines?.map((line) => ({ lineId: line.line_id, amount: line.amount ?? null })) ?? null;
      const note = await createCreditNote(deps.db, tenant, {
        id: newId('creditNote'),
        invoiceId: body.invoice_id,
        lines,
        reason: body.reason ?? null,
        metadata: body.metadata ?? {},
      });
      return created(encodeCreditNote(tenant, note));
    },
  }),
  endpoint({
    method: 'get',
    path: '/credit-notes',
    role: 'read',
    tag,
    summary: 'List credit notes',
    query: listCreditNotesQuery,
    body: takesNothing,
    example: creditNoteExamples.list,
    answers: { 200: { description: 'A page of credit notes, newest first.', schema: creditNoteListAnswer } },
    handle: (call) => {
      const { deps, tenant, query } = call;
      const filters = { customerRef: query.customer_id ?? null, invoiceId: query.invoice_id ?? null };
      return answerPage(call, {
        select: (page) => listCreditNotes(deps.db, tenant, { ...page, ...filters }),
        encode: (note) => encodeCreditNote(tenant, note),
      });
    },
  }),
  endpoint({
    method: 'get',
    path: '/credit-notes/{id}',
    role: 'read',
    tag,
    summary: 'Retrieve a credit note',
    query: takesNothing,
    body: takesNothing,
    example: creditNoteExamples.get,
    answers: { 200: { description: 'The credit note.', schema: creditNoteAnswer } },
    handle: async ({ deps, tenant, id }) => ok(encodeCreditNote(tenant, await getCreditNote(deps.db, tenant, id))),
  }),
];
