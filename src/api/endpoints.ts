import { accountEndpoints } from './account/routes.ts';
import { apiKeyEndpoints } from './api-keys/routes.ts';
import { creditGrantEndpoints } from './credit-grants/routes.ts';
import { creditNoteEndpoints } from './credit-notes/routes.ts';
import { customerBalanceEndpoint } from './customers/balance.ts';
import { customerEndpoints } from './customers/routes.ts';
import { eventEndpoints } from './events/routes.ts';
import { invoiceEndpoints } from './invoices/routes.ts';
import { pricingPlanEndpoints } from './pricing-plans/routes.ts';
import type { Endpoint } from './route.ts';
import { subscriptionCommandEndpoints } from './subscriptions/commands.ts';
import { subscriptionCycleEndpoint } from './subscriptions/cycle.ts';
import { subscriptionHistoryEndpoint } from './subscriptions/history.ts';
import { retrySubscriptionEndpoint } from './subscriptions/retry.ts';
import { subscriptionEndpoints } from './subscriptions/routes.ts';
import { taxRateEndpoints } from './tax-rates/routes.ts';
import { testClockEndpoints } from './test-clocks/routes.ts';

/**
 * Every endpoint under /v1: what is served, documented and tested follows this table. Its order is that of the story
 * which the examples tell: usage comes after the subscription that bills it.
 */
export const ENDPOINTS: readonly Endpoint[] = [
  ...accountEndpoints,
  ...apiKeyEndpoints,
  ...taxRateEndpoints,
  ...customerEndpoints,
  ...pricingPlanEndpoints,
  ...subscriptionEndpoints,
  ...subscriptionCommandEndpoints,
  retrySubscriptionEndpoint,
  subscriptionHistoryEndpoint,
  subscriptionCycleEndpoint,
  ...eventEndpoints,
  ...invoiceEndpoints,
  ...creditNoteEndpoints,
  customerBalanceEndpoint,
  ...creditGrantEndpoints,
  ...testClockEndpoints,
];
