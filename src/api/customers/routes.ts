import { archiveCustomer } from '../../operations/archive-customer.ts';
import { changeCustomer, getCustomer } from '../../operations/change-customer.ts';
import { createCustomer } from '../../operations/create-customer.ts';
import { selectCustomerPage } from '../../storage/customers.ts';
import { answerPage } from '../page.ts';
import { created, type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { decodeCustomerChanges, decodeNewCustomer, encodeCustomer } from './codec.ts';
import { customerExamples } from './examples.ts';
import {
  changeCustomerBody,
  createCustomerBody,
  customerAnswer,
  customerListAnswer,
  listCustomersQuery,
} from './schemas.ts';

const tag = 'Customers';
const one = { 200: { description: 'The customer.', schema: customerAnswer } };

export const customerEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/customers',
    role: 'admin',
    tag,
    summary: 'Create a customer',
    description: 'Events may name an `external_id` before its customer exists; they are billed once it does.',
    query: takesNothing,
    body: createCustomerBody,
    example: customerExamples.create,
    answers: { 201: { description: 'The new customer.', schema: customerAnswer } },
    errors: [
      'already_exists',
      'not_found',
      'tax_rate_archived',
      'mixed_tax_rates',
      'test_mode_only',
      'test_clock_advancing',
    ],
    handle: async ({ deps, tenant, body, newId }) =>
      created(
        encodeCustomer(tenant, await createCustomer(deps.db, tenant, decodeNewCustomer(newId('customer'), body))),
      ),
  }),
  endpoint({
    method: 'get',
    path: '/customers',
    role: 'read',
    tag,
    summary: 'List customers, archived ones too',
    query: listCustomersQuery,
    body: takesNothing,
    example: customerExamples.list,
    answers: { 200: { description: 'A page of customers, newest first.', schema: customerListAnswer } },
    handle: (call) =>
      answerPage(call, {
        select: (page) => selectCustomerPage(call.deps.db, call.tenant, page),
        encode: (row) => encodeCustomer(call.tenant, row),
      }),
  }),
  endpoint({
    method: 'get',
    path: '/customers/{id}',
    role: 'read',
    tag,
    summary: 'Retrieve a customer',
    description: 'By its `external_id` or `cus_…`.',
    query: takesNothing,
    body: takesNothing,
    example: customerExamples.get,
    answers: one,
    handle: async ({ deps, tenant, id }) => ok(encodeCustomer(tenant, await getCustomer(deps.db, tenant, id))),
  }),
  endpoint({
    method: 'patch',
    path: '/customers/{id}',
    role: 'admin',
    tag,
    summary: 'Change a customer',
    description:
      'Fields that are left out stay. A new time zone counts from the next period on; tax rates and exemption count for every invoice that is not final yet.',
    query: takesNothing,
    body: changeCustomerBody,
    example: customerExamples.change,
    answers: one,
    errors: [
      'customer_archived',
      'currency_fixed',
      'customer_has_subscription',
      'test_clock_advancing',
      'test_mode_only',
      'catching_up',
      'tax_rate_archived',
      'mixed_tax_rates',
    ],
    handle: async ({ deps, tenant, id, body }) => {
      const change = { reference: id, changes: decodeCustomerChanges(body) };
      return ok(encodeCustomer(tenant, await changeCustomer(deps.db, tenant, change)));
    },
  }),
  endpoint({
    method: 'delete',
    path: '/customers/{id}',
    role: 'admin',
    tag,
    summary: 'Archive a customer',
    description: 'Its `external_id` stays taken, its invoices stay readable.',
    query: takesNothing,
    body: takesNothing,
    example: customerExamples.archive,
    answers: one,
    errors: ['customer_has_live_subscription', 'test_clock_advancing', 'catching_up'],
    handle: async ({ deps, tenant, id }) => ok(encodeCustomer(tenant, await archiveCustomer(deps.db, tenant, id))),
  }),
];
