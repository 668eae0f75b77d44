import { changeTaxRate } from '../../operations/change-tax-rate.ts';
import { createTaxRate, getTaxRate } from '../../operations/create-tax-rate.ts';
import { selectTaxRatePage } from '../../storage/tax-rates.ts';
import { answerPage } from '../page.ts';
import { created, type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { decodeNewTaxRate, decodeTaxRateChanges, encodeTaxRate } from './codec.ts';
import { taxRateExamples } from './examples.ts';
import {
  changeTaxRateBody,
  createTaxRateBody,
  listTaxRatesQuery,
  taxRateAnswer,
  taxRateListAnswer,
} from './schemas.ts';

const tag = 'Tax rates';
const one = { 200: { description: 'The tax rate.', schema: taxRateAnswer } };

export const taxRateEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/tax-rates',
    role: 'admin',
    tag,
    summary: 'Create a tax rate',
    description: 'It counts for the customers, or the account, whose `tax_rate_ids` name it.',
    query: takesNothing,
    body: createTaxRateBody,
    example: taxRateExamples.create,
    answers: { 201: { description: 'The new tax rate.', schema: taxRateAnswer } },
    handle: async ({ deps, tenant, body, newId }) => {
      const input = { id: newId('taxRate'), ...decodeNewTaxRate(body) };
      return created(encodeTaxRate(tenant, await createTaxRate(deps.db, tenant, input)));
    },
  }),
  endpoint({
    method: 'get',
    path: '/tax-rates',
    role: 'read',
    tag,
    summary: 'List tax rates, replaced ones too',
    query: listTaxRatesQuery,
    body: takesNothing,
    example: taxRateExamples.list,
    answers: { 200: { description: 'A page of tax rates, newest first.', schema: taxRateListAnswer } },
    handle: (call) =>
      answerPage(call, {
        select: (page) => selectTaxRatePage(call.deps.db, call.tenant, page),
        encode: (row) => encodeTaxRate(call.tenant, row),
      }),
  }),
  endpoint({
    method: 'get',
    path: '/tax-rates/{id}',
    role: 'read',
    tag,
    summary: 'Retrieve a tax rate',
    query: takesNothing,
    body: takesNothing,
    example: taxRateExamples.get,
    answers: one,
    handle: async ({ deps, tenant, id }) => ok(encodeTaxRate(tenant, await getTaxRate(deps.db, tenant, id))),
  }),
  endpoint({
    method: 'patch',
    path: '/tax-rates/{id}',
    role: 'admin',
    tag,
    summary: 'Change a tax rate',
    description:
      'A rate that stands on an invoice is replaced: another name, percentage or kind is a new rate, which takes its place at customers and account and is the answer; the old one is archived and names it. Invoices that are final stay as they are.',
    query: takesNothing,
    body: changeTaxRateBody,
    example: taxRateExamples.change,
    answers: one,
    errors: ['mixed_tax_rates', 'tax_rate_archived'],
    handle: async ({ deps, tenant, id, body, newId }) => {
      const change = { id, changes: decodeTaxRateChanges(body), replacementId: newId('taxRate') };
      return ok(encodeTaxRate(tenant, await changeTaxRate(deps.db, tenant, change)));
    },
  }),
];
