-- Events: what customers used. Never changed, never deleted.

-- Tells events of one customer apart by the cut-off of a finalization. No cache: a session that had drawn numbers in
-- advance could write an old number after another session read the cut-off.
create sequence event_seq as bigint cache 1;

-- Partitioned by the time of receipt, so that an old timestamp needs no new table in the request.
-- No foreign key to accounts: the tenant comes from the API key, and a check per row costs a tenth of the ingestion.
create table events (
  account_id int not null,
  livemode boolean not null,
  -- UUIDv7; `evt_…` on the wire.
  id uuid not null,
  -- Drawn from event_seq under the shared lock of the customer's bucket.
  seq bigint not null,
  -- The external_id of a customer that exists or may come to exist.
  customer_ref text not null,
  event_name text not null,
  idempotency_key text not null,
  event_at timestamptz not null,
  -- The database's clock.
  received_at timestamptz not null,
  properties jsonb not null,
  primary key (account_id, livemode, id, received_at)
) partition by range (received_at);
create index events_usage on events (account_id, livemode, customer_ref, event_name, event_at);
create index events_customer_list on events (account_id, livemode, customer_ref, id);
-- A net: takes rows of a month whose partition does not exist yet; ensure_event_partition moves them.
create table events_default partition of events default;

create trigger events_append_only before update or delete on events
  for each row execute function refuse_change();

-- Not partitioned: a key is unique for ever, and a unique constraint on events would have to contain received_at.
create table event_keys (
  account_id int not null,
  livemode boolean not null,
  idempotency_key text not null,
  event_id uuid not null,
  received_at timestamptz not null,
  -- sha256 of the canonical JSON of what was sent.
  body_hash bytea not null check (octet_length(body_hash) = 32),
  primary key (account_id, livemode, idempotency_key)
);
create trigger event_keys_append_only before update or delete on event_keys
  for each row execute function refuse_change();

-- Makes the partition of the UTC month that contains `instant`; false when it exists. Rows that the default partition
-- caught meanwhile are moved. The table is made first and attached after, which does not lock out other partitions.
create function ensure_event_partition(instant timestamptz) returns boolean language plpgsql as $$
declare
  month timestamp := date_trunc('month', instant at time zone 'UTC');
  from_at timestamptz := month at time zone 'UTC';
  to_at timestamptz := (month + interval '1 month') at time zone 'UTC';
  name text := 'events_' || to_char(month, 'YYYY_MM');
begin
  if to_regclass(name) is not null then
    return false;
  end if;
  -- The attachment needs this lock anyway. It also makes two processes take turns, and lets the later one see the
  -- table that the earlier one made (an advisory lock would not refresh what is known of the catalogue).
  lock table events_default in access exclusive mode;
  if to_regclass(name) is not null then
    return false;
  end if;
  execute format('create table %I (like events including defaults including constraints)', name);
  if exists (select from events_default e where e.received_at >= from_at and e.received_at < to_at) then
    alter table events_default disable trigger events_append_only;
    execute format(
      'with moved as (delete from events_default where received_at >= %L and received_at < %L returning *) '
      'insert into %I select * from moved', from_at, to_at, name);
    alter table events_default enable trigger events_append_only;
  end if;
  execute format('alter table events attach partition %I for values from (%L) to (%L)', name, from_at, to_at);
  return true;
end $$;
select ensure_event_partition(now() + make_interval(months => ahead)) from generate_series(0, 3) as t (ahead);

-- How a property's value compares with the values of a filter: a string as it is, a number in plain notation without
-- trailing zeros, true, false, null; nothing for an object or a list.
create function canonical_text(value jsonb) returns text language sql immutable parallel safe
return case jsonb_typeof(value)
  when 'string' then value #>> '{}'
  when 'number' then trim_scale(value::numeric)::text
  when 'boolean' then value #>> '{}'
  when 'null' then 'null'
end;

-- A property's value where a number is needed: a JSON number, or a JSON string in plain decimal notation, of at most
-- 30 integer and 30 fraction digits (zeros at the end do not count); else null (billing rules 1 and 3).
create function metered_number(value jsonb) returns numeric language sql immutable parallel safe
return case
  when jsonb_typeof(value) = 'number' then
    case when abs(value::numeric) < 1e30 and min_scale(value::numeric) <= 30 then value::numeric end
  when jsonb_typeof(value) = 'string' and (value #>> '{}') ~ '^-?(0|[1-9][0-9]{0,29})(\.[0-9]+)?$' then
    case when min_scale((value #>> '{}')::numeric) <= 30 then (value #>> '{}')::numeric end
end;
