-- Invoices that say what they were computed from, lines that say which period they bill, and late usage.

-- What a cut does to the flats, minimums and maximums of a period.
alter table periods add column proration text not null default 'by_time' check (proration in ('by_time', 'whole', 'none'));

-- Whether it goes on from the period before, whose closing invoice then bills its advance flats; else an opening
-- invoice does.
alter table periods add column continues boolean not null default true;
update periods set continues = false where number = 0;

-- When late events of an ended subscription are to be billed; null: there are none.
alter table subscriptions add column late_due_at timestamptz;

-- The counter's value behind the number: invoices in the order in which they became final.
alter table invoices add column number_seq bigint;
-- The counter's value when it was voided: invoices with a higher one were computed after that.
alter table invoices add column voided_after bigint;
-- Void, and its content is billed by no other invoice: it counts as settled.
alter table invoices add column waived boolean not null default false;
-- Events, by sequence number, that it counts for periods closed before.
alter table invoices add column late_seqs int8multirange;
-- What it was computed from besides events and plan versions.
alter table invoices add column basis jsonb;
-- Copies of what buyer and seller were called when it became final.
alter table invoices add column customer_details jsonb;
alter table invoices add column seller_details jsonb;

alter table invoices disable trigger invoices_frozen;
update invoices set number_seq = substring(number from '[0-9]+$')::bigint where number is not null;
update invoices set waived = true, voided_after = (
  select c.last_number from invoice_counters c where c.account_id = invoices.account_id and c.livemode = invoices.livemode
)
where status = 'void' and finalized_at is not null and (kind <> 'interim' or exists (
  select from periods p
  where p.account_id = invoices.account_id and p.livemode = invoices.livemode
    and p.subscription_id = invoices.subscription_id and p.number = invoices.period_number
    and p.status = 'closed' and p.closed_at <= invoices.voided_at
));
alter table invoices enable trigger invoices_frozen;
alter table invoices add check ((number_seq is null) = (number is null));
create unique index invoices_number_seq on invoices (account_id, livemode, number_seq) where number_seq is not null;

-- Of an advance flat the next period, of late usage an earlier one.
alter table invoice_lines add column period_number int;
alter table invoice_lines disable trigger invoice_lines_frozen;
update invoice_lines l set period_number = i.period_number
from invoices i where i.account_id = l.account_id and i.livemode = l.livemode and i.id = l.invoice_id;
alter table invoice_lines enable trigger invoice_lines_frozen;
alter table invoice_lines alter column period_number set not null;

create or replace function refuse_change_of_finalized_invoice() returns trigger language plpgsql as $$
begin
  if old.finalized_at is null then
    return new;
  end if;
  if row(new.number, new.number_seq, new.customer_id, new.subscription_id, new.period_number, new.kind, new.sequence,
         new.currency, new.plan_id, new.plan_version, new.period_start, new.period_end, new.usage_cutoff_seq,
         new.usage_cutoff_at, new.late_seqs, new.basis, new.customer_details, new.seller_details, new.subtotal,
         new.tax_total, new.total, new.balance_applied, new.issues, new.finalized_at, new.due_at, new.replaces)
     is distinct from
     row(old.number, old.number_seq, old.customer_id, old.subscription_id, old.period_number, old.kind, old.sequence,
         old.currency, old.plan_id, old.plan_version, old.period_start, old.period_end, old.usage_cutoff_seq,
         old.usage_cutoff_at, old.late_seqs, old.basis, old.customer_details, old.seller_details, old.subtotal,
         old.tax_total, old.total, old.balance_applied, old.issues, old.finalized_at, old.due_at, old.replaces)
  then
    raise exception 'invoice % is finalized: its content is frozen', old.id using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;

-- An invoice that nobody numbered can go, one that was sent to somebody never.
create function refuse_deletion_of_finalized_invoice() returns trigger language plpgsql as $$
begin
  if old.finalized_at is null then
    return old;
  end if;
  raise exception 'invoice % is finalized: it is never deleted', old.id using errcode = 'integrity_constraint_violation';
end $$;
create trigger invoices_kept before delete on invoices
  for each row execute function refuse_deletion_of_finalized_invoice();

-- A line cannot be added to a finalized invoice either.
create function refuse_new_lines_of_finalized_invoice() returns trigger language plpgsql as $$
begin
  if exists (
    select from invoices i
    where i.account_id = new.account_id and i.livemode = new.livemode and i.id = new.invoice_id and i.finalized_at is not null
  ) then
    raise exception 'invoice % is finalized: its lines are frozen', new.invoice_id using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger invoice_lines_complete before insert on invoice_lines
  for each row execute function refuse_new_lines_of_finalized_invoice();

-- Which of a customer's events came after an invoice: by arrival, whatever their timestamps.
create index events_arrival on events (account_id, livemode, customer_ref, seq) include (event_at);

-- What one invoice drew, wherever its period stands in the ledger.
create index credit_entries_invoice on credit_entries (account_id, livemode, invoice_id) where invoice_id is not null;

-- Late events of an ended subscription, told to the workflow that bills them; one row until it is delivered.
alter table outbox add column late boolean not null default false;
create index subscriptions_ended on subscriptions (account_id, livemode, customer_id) where status = 'canceled';
create unique index outbox_late on outbox (account_id, livemode, subscription_id) where late;
