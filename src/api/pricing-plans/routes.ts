import { createPlan, getPlan } from '../../operations/create-plan.ts';
import { archivePlan, changePlanLabels, createPlanVersion } from '../../operations/edit-plan.ts';
import { estimatePlan } from '../../operations/estimate-plan.ts';
import { selectPlanPage, selectPlanVersionPage } from '../../storage/plans.ts';
import { answerPage } from '../page.ts';
import { created, type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { decodeNewPlan, decodeUsage, encodeEstimate, encodePlan } from './codec.ts';
import { planExamples } from './examples.ts';
import {
  changePlanBody,
  createPlanBody,
  createVersionBody,
  estimateAnswer,
  estimateBody,
  getPlanQuery,
  listPlansQuery,
  planAnswer,
  planListAnswer,
} from './schemas.ts';

const tag = 'Pricing plans';
const one = { 200: { description: 'The plan.', schema: planAnswer } };

export const pricingPlanEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/pricing-plans',
    role: 'admin',
    tag,
    summary: 'Create a pricing plan',
    description: 'Money and prices are exact decimals: JSON numbers or strings in plain notation.',
    query: takesNothing,
    body: createPlanBody,
    example: planExamples.create,
    answers: { 201: { description: 'The plan with version 1.', schema: planAnswer } },
    handle: async (call) => {
      const plan = await createPlan(call.deps.db, call.tenant, decodeNewPlan(call, call.body));
      return created(encodePlan(call.tenant, plan));
    },
  }),
  endpoint({
    method: 'get',
    path: '/pricing-plans',
    role: 'read',
    tag,
    summary: 'List pricing plans with their newest versions, archived ones too',
    query: listPlansQuery,
    body: takesNothing,
    example: planExamples.list,
    answers: { 200: { description: 'A page of plans, newest first.', schema: planListAnswer } },
    handle: (call) =>
      answerPage(call, {
        select: (page) => selectPlanPage(call.deps.db, call.tenant, page),
        encode: (row) => encodePlan(call.tenant, row),
      }),
  }),
  endpoint({
    method: 'get',
    path: '/pricing-plans/{id}',
    role: 'read',
    tag,
    summary: 'Retrieve a pricing plan with all its tiers',
    query: getPlanQuery,
    body: takesNothing,
    example: planExamples.get,
    answers: one,
    handle: async ({ deps, tenant, id, query }) => {
      const plan = await getPlan(deps.db, tenant, { id, version: query.version ?? null });
      return ok(encodePlan(tenant, plan));
    },
  }),
  endpoint({
    method: 'patch',
    path: '/pricing-plans/{id}',
    role: 'admin',
    tag,
    summary: 'Change name and metadata of a pricing plan',
    query: takesNothing,
    body: changePlanBody,
    example: planExamples.change,
    answers: one,
    handle: async ({ deps, tenant, id, body }) => {
      const metadata = body.metadata === undefined ? undefined : JSON.stringify(body.metadata);
      const plan = await changePlanLabels(deps.db, tenant, { id, changes: { name: body.name, metadata } });
      return ok(encodePlan(tenant, plan));
    },
  }),
  endpoint({
    method: 'post',
    path: '/pricing-plans/{id}/versions',
    role: 'admin',
    tag,
    summary: 'Add a version to a pricing plan',
    description: 'A version never changes, and reaches a subscription only when that is moved to it.',
    query: takesNothing,
    body: createVersionBody,
    example: planExamples.addVersion,
    answers: { 201: { description: 'The plan with the new version.', schema: planAnswer } },
    errors: ['plan_archived'],
    handle: async ({ deps, tenant, id, body, newId }) => {
      const version = {
        planId: id,
        charges: body.charges,
        minimumAmount: body.minimum_amount ?? null,
        newChargeId: () => newId('charge'),
      };
      return created(encodePlan(tenant, await createPlanVersion(deps.db, tenant, version)));
    },
  }),
  endpoint({
    method: 'get',
    path: '/pricing-plans/{id}/versions',
    role: 'read',
    tag,
    summary: 'List the versions of a pricing plan',
    query: listPlansQuery,
    body: takesNothing,
    example: planExamples.listVersions,
    answers: { 200: { description: 'A page of versions, newest first.', schema: planListAnswer } },
    handle: async (call) => {
      const plan = await getPlan(call.deps.db, call.tenant, { id: call.id, version: null });
      return answerPage(call, {
        select: ({ limit, after }) => {
          const before = after === null ? null : Number(after.id);
          return selectPlanVersionPage(call.deps.db, call.tenant, { planId: plan.id, before, limit });
        },
        encode: (row) => encodePlan(call.tenant, row),
        position: (row) => ({ createdAt: row.versionCreatedAt, id: String(row.version) }),
      });
    },
  }),
  endpoint({
    method: 'post',
    path: '/pricing-plans/{id}/archive',
    role: 'admin',
    tag,
    summary: 'Archive a pricing plan',
    description: 'It takes no new subscriptions; those it has go on.',
    query: takesNothing,
    body: takesNothing,
    example: planExamples.archive,
    answers: one,
    handle: async ({ deps, tenant, id }) => ok(encodePlan(tenant, await archivePlan(deps.db, tenant, id))),
  }),
  endpoint({
    method: 'post',
    path: '/pricing-plans/{id}/estimate',
    role: 'admin',
    tag,
    summary: 'Compute what a period with given quantities would cost',
    description: 'The lines of a full period as an invoice would have them, without credits; nothing is stored.',
    query: getPlanQuery,
    body: estimateBody,
    example: planExamples.estimate,
    answers: { 200: { description: 'Lines and totals.', schema: estimateAnswer } },
    errors: ['amount_too_large'],
    handle: async ({ deps, tenant, id, query, body }) => {
      const of = { planId: id, version: query.version ?? null, usage: decodeUsage(body) };
      return ok(encodeEstimate(tenant, await estimatePlan(deps.db, tenant, of)));
    },
  }),
];
