-- Pause, resume and change of plan.
alter table subscriptions drop constraint subscriptions_status_check;
alter table subscriptions add check (status in ('scheduled', 'trialing', 'active', 'paused', 'canceled'));

-- When a running period is to be cut by a pause, and when a paused subscription goes on.
alter table subscriptions add column pause_at timestamptz;
alter table subscriptions add column resume_at timestamptz;

-- The plan version that it moves to when the running period ends; null: it stays.
alter table subscriptions add column pending_plan_id text;
alter table subscriptions add column pending_plan_version int;
alter table subscriptions add check ((pending_plan_id is null) = (pending_plan_version is null));
alter table subscriptions add foreign key (account_id, livemode, pending_plan_id, pending_plan_version)
  references plan_versions;
