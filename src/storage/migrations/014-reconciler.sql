-- What stands still, newest first.
create index subscriptions_attention on subscriptions (account_id, livemode, created_at desc, id desc)
  where attention_code is not null;

-- A workflow is known by the id of its subscription alone.
create index subscriptions_id on subscriptions (id);

-- A row that may start a workflow anew whose earlier runs have ended: written where the subscription was seen to live.
alter table outbox add column revives boolean not null default false;
create unique index outbox_revives on outbox (account_id, livemode, subscription_id) where revives;

-- The last round of the reconciler in each mode, and where its walks go on.
create table reconciler_rounds (
  livemode boolean primary key,
  started_at timestamptz not null,
  -- null while it runs.
  finished_at timestamptz,
  overdue int not null default 0,
  missing int not null default 0,
  -- Why workflows could not be compared, or null.
  problem text,
  -- The last subscription whose due instant was looked at; null: from the beginning. Likewise the others.
  overdue_after_due_at timestamptz,
  overdue_after_id text,
  -- The last subscription for which a workflow was looked for.
  walk_after_account_id int,
  walk_after_id text,
  walk_started_at timestamptz,
  -- When every subscription had been looked at, and since when that look went.
  walked_from timestamptz,
  walked_to timestamptz,
  -- Where the list of running workflows goes on, as Temporal says it.
  list_after bytea,
  list_started_at timestamptz,
  listed_from timestamptz,
  listed_to timestamptz
);

-- What the reconciler has found and not yet seen mended. Foreign workflows have no row here that they could refer to.
create table workflow_findings (
  livemode boolean not null,
  -- overdue: a subscription whose step is late. missing: it should have this workflow. foreign: nothing asks for it.
  kind text not null check (kind in ('overdue', 'missing', 'foreign')),
  workflow_id text not null,
  -- null: unknown, a foreign workflow whose input names none.
  account_id int,
  subscription_id text,
  -- Of a foreign one: no_subscription, or over where its subscription has ended.
  reason text check (reason in ('no_subscription', 'over')),
  workflow_type text,
  started_at timestamptz,
  found_at timestamptz not null default now(),
  primary key (livemode, kind, workflow_id)
);
