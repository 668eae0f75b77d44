-- Everything but events. Tenancy is in the keys: every table carries (account_id, livemode), and every
-- reference repeats them, so a row of one account or mode cannot point at a row of another.

-- PostgreSQL sorts NaN above every number, so a plain "x >= 0" lets it in; every exact number uses this domain.
create domain exact_number as numeric
  check (value <> 'NaN' and value < 'Infinity' and value > '-Infinity');

create table accounts (
  account_id int not null,
  livemode boolean not null,
  public_id text not null,
  name text not null,
  currency text not null default 'USD',
  timezone text not null default 'UTC',
  invoice_prefix text not null default 'INV',
  finalization_delay_seconds int not null default 3600 check (finalization_delay_seconds between 0 and 2592000),
  net_days int not null default 30 check (net_days between 0 and 365),
  created_at timestamptz not null default now(),
  primary key (account_id, livemode)
);

create table api_keys (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  name text,
  role text not null check (role in ('admin', 'ingest', 'read')),
  key_hash bytea not null,
  hint text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  metadata jsonb not null default '{}',
  primary key (account_id, livemode, id),
  foreign key (account_id, livemode) references accounts
);
create unique index api_keys_key_hash on api_keys (key_hash);
create index api_keys_list on api_keys (account_id, livemode, created_at desc, id desc);

create table test_clocks (
  account_id int not null,
  livemode boolean not null check (not livemode),
  id text not null,
  name text,
  -- The target while the status is advancing.
  frozen_at timestamptz not null,
  status text not null check (status in ('ready', 'advancing')),
  progress_total int not null default 0,
  created_at timestamptz not null default now(),
  deleted_at timestamptz,
  metadata jsonb not null default '{}',
  primary key (account_id, livemode, id),
  foreign key (account_id, livemode) references accounts
);
create index test_clocks_list on test_clocks (account_id, livemode, created_at desc, id desc);

create table customers (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  external_id text not null,
  name text,
  email text,
  currency text not null,
  -- null: the account's.
  timezone text,
  address jsonb,
  test_clock_id text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  archived_at timestamptz,
  primary key (account_id, livemode, id),
  unique (account_id, livemode, external_id),
  foreign key (account_id, livemode) references accounts,
  foreign key (account_id, livemode, test_clock_id) references test_clocks
);
create index customers_list on customers (account_id, livemode, created_at desc, id desc);
create index customers_test_clock on customers (account_id, livemode, test_clock_id) where test_clock_id is not null;

create table plans (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  name text not null,
  currency text not null,
  billing_period text not null check (billing_period in ('daily', 'weekly', 'monthly', 'quarterly', 'yearly')),
  interval_count int not null check (interval_count between 1 and 1000),
  latest_version int not null,
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  archived_at timestamptz,
  primary key (account_id, livemode, id),
  foreign key (account_id, livemode) references accounts
);
create index plans_list on plans (account_id, livemode, created_at desc, id desc);

-- Immutable: a change is a new version.
create table plan_versions (
  account_id int not null,
  livemode boolean not null,
  plan_id text not null,
  version int not null check (version >= 1),
  charges jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, livemode, plan_id, version),
  foreign key (account_id, livemode, plan_id) references plans
);

create table subscriptions (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  customer_id text not null,
  plan_id text not null,
  plan_version int not null,
  status text not null check (status in ('scheduled', 'trialing', 'active', 'canceled')),
  start_at timestamptz not null,
  trial_end_at timestamptz,
  -- Boundary 0: the start, or the trial's end. All boundaries are counted from it.
  anchor_at timestamptz not null,
  cancel_at timestamptz,
  ended_at timestamptz,
  current_period_number int,
  -- Why this subscription stands still, or null.
  attention_code text,
  attention_message text,
  attention_at timestamptz,
  -- The earliest instant at which something is due (trial end, period end, finalization, grant end); null at rest for ever.
  next_due_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  primary key (account_id, livemode, id),
  foreign key (account_id, livemode, customer_id) references customers,
  foreign key (account_id, livemode, plan_id, plan_version) references plan_versions
);
create index subscriptions_list on subscriptions (account_id, livemode, created_at desc, id desc);
create index subscriptions_customer on subscriptions (account_id, livemode, customer_id, created_at, id);
create index subscriptions_due on subscriptions (next_due_at) where next_due_at is not null;

create table periods (
  account_id int not null,
  livemode boolean not null,
  subscription_id text not null,
  number int not null check (number >= 0),
  start_at timestamptz not null,
  -- The cut instant after a cancel; full_end_at keeps the boundary that proration divides by.
  end_at timestamptz not null check (end_at >= start_at),
  full_start_at timestamptz not null,
  full_end_at timestamptz not null check (full_end_at > full_start_at),
  timezone text not null,
  plan_id text not null,
  plan_version int not null,
  -- open until its closing invoice is finalized or its closing draft is voided.
  status text not null check (status in ('open', 'closed')),
  opened_at timestamptz not null,
  closed_at timestamptz,
  primary key (account_id, livemode, subscription_id, number),
  foreign key (account_id, livemode, subscription_id) references subscriptions,
  foreign key (account_id, livemode, plan_id, plan_version) references plan_versions,
  check ((status = 'closed') = (closed_at is not null))
);
create unique index periods_start on periods (account_id, livemode, subscription_id, start_at, number);

create table invoices (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  customer_id text not null,
  subscription_id text not null,
  period_number int not null,
  kind text not null check (kind in ('opening', 'interim', 'closing', 'late')),
  sequence int not null check (sequence >= 0),
  billing_reason text not null,
  -- The manual trigger that made it: an API request or (workflow run, ordinal). A repeat finds this invoice.
  trigger_id text,
  status text not null check (status in ('draft', 'open', 'paid', 'void')),
  payment_status text not null check (payment_status in ('unpaid', 'partially_paid', 'paid', 'not_required')),
  number text,
  currency text not null,
  plan_id text not null,
  plan_version int not null,
  period_start timestamptz not null,
  period_end timestamptz not null,
  -- Events with a sequence number up to this are counted; null on a draft.
  usage_cutoff_seq bigint,
  usage_cutoff_at timestamptz,
  finalize_at timestamptz not null,
  subtotal exact_number not null,
  tax_total exact_number not null default 0,
  total exact_number not null,
  balance_applied exact_number not null default 0,
  amount_credited exact_number not null default 0,
  amount_paid exact_number not null default 0,
  amount_due exact_number not null check (amount_due >= 0),
  issues jsonb not null default '[]',
  finalized_at timestamptz,
  due_at timestamptz,
  paid_at timestamptz,
  voided_at timestamptz,
  void_reason text,
  replaces text,
  replaced_by text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  primary key (account_id, livemode, id),
  unique (account_id, livemode, subscription_id, period_number, kind, sequence),
  unique (account_id, livemode, subscription_id, trigger_id),
  foreign key (account_id, livemode, customer_id) references customers,
  foreign key (account_id, livemode, subscription_id, period_number) references periods (account_id, livemode, subscription_id, number),
  check ((finalized_at is null) = (number is null)),
  check (status <> 'draft' or finalized_at is null),
  check ((status = 'void') = (voided_at is not null))
);
create unique index invoices_number on invoices (account_id, livemode, number) where number is not null;
create unique index invoices_one_live_closing on invoices (account_id, livemode, subscription_id, period_number)
  where kind = 'closing' and status <> 'void';
create unique index invoices_one_live_opening on invoices (account_id, livemode, subscription_id, period_number)
  where kind = 'opening' and status <> 'void';
create index invoices_list on invoices (account_id, livemode, created_at desc, id desc);
create index invoices_customer on invoices (account_id, livemode, customer_id, created_at desc, id desc);
create index invoices_drafts on invoices (account_id, livemode, subscription_id, period_number) where status = 'draft';

create table invoice_lines (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  invoice_id text not null,
  position int not null,
  charge_id text,
  kind text not null check (kind in ('flat', 'usage', 'minimum', 'late_usage', 'proration')),
  description text not null,
  event_name text,
  pricing_model text,
  period_start timestamptz not null,
  period_end timestamptz not null,
  event_count bigint,
  quantity exact_number,
  usage_quantity exact_number,
  credited_quantity exact_number,
  billable_quantity exact_number,
  amount_unrounded exact_number not null,
  amount exact_number not null,
  previously_billed exact_number not null default 0,
  tiers jsonb not null default '[]',
  primary key (account_id, livemode, invoice_id, position),
  unique (account_id, livemode, id),
  foreign key (account_id, livemode, invoice_id) references invoices
);

-- One row a tenant, locked last in the finalizing transaction: numbers are gapless and in order.
create table invoice_counters (
  account_id int not null,
  livemode boolean not null,
  last_number bigint not null default 0,
  primary key (account_id, livemode),
  foreign key (account_id, livemode) references accounts
);

create table credit_grants (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  customer_id text not null,
  name text,
  amount exact_number not null check (amount > 0),
  effective_at timestamptz not null,
  expires_at timestamptz,
  rollover boolean not null,
  priority int not null check (priority between 0 and 100),
  event_names text[],
  subscription_id text,
  -- null: never, or not yet known (rollover false before its period has opened). Once set it moves only by revoke.
  ends_at timestamptz,
  ends_by text check (ends_by in ('period', 'expiry', 'revoke')),
  status text not null check (status in ('active', 'ended')),
  -- The sum of its entries, kept beside them under the grant's row lock.
  balance exact_number not null check (balance >= 0),
  revoked_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  primary key (account_id, livemode, id),
  foreign key (account_id, livemode, customer_id) references customers,
  foreign key (account_id, livemode, subscription_id) references subscriptions
);
create index credit_grants_list on credit_grants (account_id, livemode, created_at desc, id desc);
create index credit_grants_customer on credit_grants (account_id, livemode, customer_id, created_at, id);

-- Append-only.
create table credit_entries (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  grant_id text not null,
  kind text not null check (kind in ('granted', 'consumed', 'restored', 'expired', 'revoked')),
  -- Signed: granted and restored are positive, consumed, expired and revoked negative.
  amount exact_number not null,
  balance_after exact_number not null check (balance_after >= 0),
  invoice_id text,
  line_id text,
  charge_id text,
  subscription_id text,
  period_number int,
  -- What wrote it; with the grant it is unique, so a repeated step writes it once.
  source text not null,
  created_at timestamptz not null,
  primary key (account_id, livemode, id),
  unique (account_id, livemode, grant_id, source),
  foreign key (account_id, livemode, grant_id) references credit_grants,
  foreign key (account_id, livemode, invoice_id) references invoices
);
create index credit_entries_period on credit_entries (account_id, livemode, subscription_id, period_number)
  where subscription_id is not null;
create index credit_entries_list on credit_entries (account_id, livemode, grant_id, created_at desc, id desc);

-- A nudge for a subscription's workflow, written in the transaction that changed something; deleted once delivered.
create table outbox (
  id bigint generated always as identity primary key,
  account_id int not null,
  livemode boolean not null,
  subscription_id text not null,
  created_at timestamptz not null default now(),
  next_attempt_at timestamptz not null default now(),
  attempts int not null default 0,
  last_error text,
  foreign key (account_id, livemode, subscription_id) references subscriptions
);
create index outbox_due on outbox (next_attempt_at, id);

create table idempotency_keys (
  account_id int not null,
  livemode boolean not null,
  key text not null,
  request_hash bytea not null,
  -- null while the first request is in flight.
  response_status int,
  response_body text,
  created_at timestamptz not null default now(),
  locked_until timestamptz not null,
  primary key (account_id, livemode, key),
  foreign key (account_id, livemode) references accounts
);
create index idempotency_keys_created on idempotency_keys (created_at);

-- Small facts that every process of one installation shares, such as the secret that signs cursors.
create table installation (
  name text primary key,
  value text not null
);

create function refuse_change_of_finalized_invoice() returns trigger language plpgsql as $$
begin
  if old.finalized_at is null then
    return new;
  end if;
  if row(new.number, new.customer_id, new.subscription_id, new.period_number, new.kind, new.sequence, new.currency, new.plan_id,
         new.plan_version, new.period_start, new.period_end, new.usage_cutoff_seq, new.usage_cutoff_at, new.subtotal,
         new.tax_total, new.total, new.issues, new.finalized_at, new.due_at)
     is distinct from
     row(old.number, old.customer_id, old.subscription_id, old.period_number, old.kind, old.sequence, old.currency, old.plan_id,
         old.plan_version, old.period_start, old.period_end, old.usage_cutoff_seq, old.usage_cutoff_at, old.subtotal,
         old.tax_total, old.total, old.issues, old.finalized_at, old.due_at)
  then
    raise exception 'invoice % is finalized: its content is frozen', old.id using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger invoices_frozen before update on invoices
  for each row execute function refuse_change_of_finalized_invoice();

create function refuse_change_of_finalized_lines() returns trigger language plpgsql as $$
begin
  if exists (
    select from invoices i
    where i.account_id = old.account_id and i.livemode = old.livemode and i.id = old.invoice_id and i.finalized_at is not null
  ) then
    raise exception 'invoice % is finalized: its lines are frozen', old.invoice_id using errcode = 'integrity_constraint_violation';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger invoice_lines_frozen before update or delete on invoice_lines
  for each row execute function refuse_change_of_finalized_lines();

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
create trigger credit_entries_append_only before update or delete on credit_entries
  for each row execute function refuse_change();
create trigger plan_versions_immutable before update or delete on plan_versions
  for each row execute function refuse_change();
