-- What happened to each subscription, by whom and when; written in the transaction in which it happened. Append-only.
create table subscription_history (
  account_id int not null,
  livemode boolean not null,
  subscription_id text not null,
  -- Without gaps from 1 in the order in which it happened: the customer's row lock is held by who writes.
  seq int not null check (seq > 0),
  id text not null,
  kind text not null check (kind in ('created', 'trial_started', 'trial_ended', 'period_opened', 'period_closed',
    'invoice_drafted', 'invoice_finalized', 'invoice_voided', 'invoice_reissued', 'pause_scheduled', 'pause_withdrawn',
    'paused', 'resume_scheduled', 'resumed', 'cancellation_scheduled', 'cancellation_withdrawn', 'canceled',
    'plan_change_scheduled', 'plan_change_withdrawn', 'plan_changed', 'version_moved', 'needs_attention', 'retried',
    'waived', 'clock_deleted')),
  cause text not null check (cause in ('timer', 'catch_up', 'command', 'trigger')),
  -- In business time: the instant that it counts from.
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  actor_type text not null check (actor_type in ('api_key', 'subscription_workflow', 'late_usage_workflow', 'signal',
    'reconciler', 'system')),
  -- Of the API key or the workflow. No reference: a deleted key has still done what it did.
  actor_id text,
  actor_role text,
  run_id text,
  period_number int,
  invoice_id text,
  invoice_number text,
  plan_id text,
  plan_version int,
  -- Of what is planned: when it takes effect.
  effective_at timestamptz,
  message text,
  primary key (account_id, livemode, subscription_id, seq),
  foreign key (account_id, livemode, subscription_id) references subscriptions,
  foreign key (account_id, livemode, subscription_id, period_number) references periods,
  foreign key (account_id, livemode, invoice_id) references invoices,
  foreign key (account_id, livemode, plan_id, plan_version) references plan_versions,
  check ((kind like 'invoice\_%') <= (invoice_id is not null)),
  check ((kind in ('period_opened', 'period_closed', 'waived')) <= (period_number is not null))
);

-- What happens once: a step that is repeated after its answer was lost can't be told twice.
create unique index subscription_history_periods on subscription_history
  (account_id, livemode, subscription_id, period_number, kind)
  where kind in ('period_opened', 'period_closed', 'waived');
create unique index subscription_history_invoices on subscription_history (account_id, livemode, invoice_id, kind)
  where kind in ('invoice_drafted', 'invoice_finalized', 'invoice_voided', 'invoice_reissued');
create unique index subscription_history_created on subscription_history (account_id, livemode, subscription_id)
  where kind in ('created');

create trigger subscription_history_append_only before update or delete on subscription_history
  for each row execute function refuse_change();
