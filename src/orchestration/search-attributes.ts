import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/**
 * What subscriptions can be searched by in the Temporal UI. PostgreSQL visibility allows 10 Keyword and 3 of each
 * other type. No personal data: attributes are never encrypted.
 */
export const SEARCH_ATTRIBUTES = {
  customerId: defineSearchAttributeKey('CustomerId', SearchAttributeType.KEYWORD),
  planId: defineSearchAttributeKey('PlanId', SearchAttributeType.KEYWORD),
  billingStatus: defineSearchAttributeKey('BillingStatus', SearchAttributeType.KEYWORD),
  periodNumber: defineSearchAttributeKey('PeriodNumber', SearchAttributeType.INT),
  periodEnd: defineSearchAttributeKey('PeriodEnd', SearchAttributeType.DATETIME),
  nextWakeAt: defineSearchAttributeKey('NextWakeAt', SearchAttributeType.DATETIME),
  nextBillAt: defineSearchAttributeKey('NextBillAt', SearchAttributeType.DATETIME),
  needsAttention: defineSearchAttributeKey('NeedsAttention', SearchAttributeType.BOOL),
} as const;
