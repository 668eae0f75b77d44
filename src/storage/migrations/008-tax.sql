-- Tax rates, where they hold, and what they took of each invoice; and what invoices copy of their seller.

create table tax_rates (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  name text not null,
  percentage exact_number not null check (percentage between 0 and 100),
  inclusive boolean not null,
  -- The rate that took its place, once it stood on an invoice and was to be another.
  replaced_by text,
  archived_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  primary key (account_id, livemode, id),
  foreign key (account_id, livemode) references accounts,
  foreign key (account_id, livemode, replaced_by) references tax_rates,
  check (replaced_by is null or archived_at is not null)
);
create index tax_rates_list on tax_rates (account_id, livemode, created_at desc, id desc);

-- A customer's own rates, in their order; without any it has the account's.
create table customer_tax_rates (
  account_id int not null,
  livemode boolean not null,
  customer_id text not null,
  position int not null check (position >= 0),
  tax_rate_id text not null,
  primary key (account_id, livemode, customer_id, position),
  unique (account_id, livemode, customer_id, tax_rate_id),
  foreign key (account_id, livemode, customer_id) references customers,
  foreign key (account_id, livemode, tax_rate_id) references tax_rates
);
create index customer_tax_rates_rate on customer_tax_rates (account_id, livemode, tax_rate_id);

create table account_tax_rates (
  account_id int not null,
  livemode boolean not null,
  position int not null check (position >= 0),
  tax_rate_id text not null,
  primary key (account_id, livemode, position),
  unique (account_id, livemode, tax_rate_id),
  foreign key (account_id, livemode) references accounts,
  foreign key (account_id, livemode, tax_rate_id) references tax_rates
);

alter table customers add column tax_exempt boolean not null default false;
alter table accounts add column email text, add column address jsonb;

-- The terms are copies: what a rate was when the invoice was made.
create table invoice_taxes (
  account_id int not null,
  livemode boolean not null,
  invoice_id text not null,
  position int not null check (position >= 0),
  tax_rate_id text not null,
  name text not null,
  percentage exact_number not null check (percentage between 0 and 100),
  inclusive boolean not null,
  taxable exact_number not null,
  amount exact_number not null,
  primary key (account_id, livemode, invoice_id, position),
  unique (account_id, livemode, invoice_id, tax_rate_id),
  foreign key (account_id, livemode, invoice_id) references invoices,
  foreign key (account_id, livemode, tax_rate_id) references tax_rates
);
create index invoice_taxes_rate on invoice_taxes (account_id, livemode, tax_rate_id);

create function refuse_change_of_finalized_taxes() returns trigger language plpgsql as $$
declare
  -- The new row's invoice as well: no row moves or comes to a finalized one.
  touched text[] := array_remove(array[
    case when tg_op <> 'INSERT' then old.invoice_id end, case when tg_op <> 'DELETE' then new.invoice_id end], null);
  tenant record := case when tg_op = 'DELETE' then old else new end;
begin
  if exists (
    select from invoices i
    where i.account_id = tenant.account_id and i.livemode = tenant.livemode and i.id = any(touched)
      and i.finalized_at is not null
  ) then
    raise exception 'invoice % is finalized: its taxes are frozen', touched[1] using errcode = 'integrity_constraint_violation';
  end if;
  return tenant;
end $$;
create trigger invoice_taxes_frozen before insert or update or delete on invoice_taxes
  for each row execute function refuse_change_of_finalized_taxes();

-- Documents name the rate by its id: what that id says never becomes another tax.
create function refuse_change_of_used_rate() returns trigger language plpgsql as $$
begin
  if row(new.name, new.percentage, new.inclusive) is distinct from row(old.name, old.percentage, old.inclusive)
    and exists (
      select from invoice_taxes t
      where t.account_id = old.account_id and t.livemode = old.livemode and t.tax_rate_id = old.id
    )
  then
    raise exception 'tax rate % stands on an invoice: it is replaced, never changed', old.id
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger tax_rates_kept before update on tax_rates
  for each row execute function refuse_change_of_used_rate();
