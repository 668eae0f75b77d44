-- What each turn of a customer reads stays small however long the customer has been billed.
create index periods_open on periods (account_id, livemode, subscription_id, number) where status = 'open';

-- Grants by their end, for the sweep of customers whose subscriptions have no alarm that would end them.
create index credit_grants_to_end on credit_grants (coalesce(ends_at, expires_at)) where status = 'active';
