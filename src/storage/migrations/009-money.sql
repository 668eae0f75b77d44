-- Money beside invoices: what a customer has to its credit, what it has paid, and credit notes.

-- What is due is never a matter of opinion: whatever statement changes one of these changes the others with it.
alter table invoices add constraint invoices_amount_due
  check (amount_due = greatest(total, 0) - balance_applied - amount_credited - amount_paid);
alter table invoices add constraint invoices_amounts_sign
  check (balance_applied >= 0 and amount_credited >= 0 and amount_paid >= 0);

-- The sum of the customer's entries, kept beside them under the customer's row lock; in the customer's currency.
alter table customers add column balance exact_number not null default 0;
alter table customers add constraint customers_balance check (balance >= 0);

-- Money that was received outside for an invoice. Append-only.
create table payments (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  invoice_id text not null,
  amount exact_number not null check (amount > 0),
  currency text not null,
  method text,
  reference text,
  -- When the money came, as the caller says.
  paid_at timestamptz not null,
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  primary key (account_id, livemode, id),
  foreign key (account_id, livemode, invoice_id) references invoices
);
create index payments_invoice on payments (account_id, livemode, invoice_id, created_at, id);

-- One row a tenant, locked last in the transaction that issues a note: numbers are gapless and in order.
create table credit_note_counters (
  account_id int not null,
  livemode boolean not null,
  last_number bigint not null default 0,
  primary key (account_id, livemode),
  foreign key (account_id, livemode) references accounts
);

-- A part of an invoice that is taken back. Append-only, as are its lines and taxes.
create table credit_notes (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  number text not null,
  -- The counter's value that the number is made of.
  number_seq bigint not null check (number_seq >= 1),
  invoice_id text not null,
  customer_id text not null,
  currency text not null,
  reason text,
  subtotal exact_number not null,
  tax_total exact_number not null,
  total exact_number not null check (total > 0),
  -- What lowered the invoice's amount due; the rest went to the customer's balance.
  amount_applied exact_number not null check (amount_applied >= 0),
  amount_to_balance exact_number not null check (amount_to_balance >= 0),
  metadata jsonb not null default '{}',
  created_at timestamptz not null,
  primary key (account_id, livemode, id),
  foreign key (account_id, livemode, invoice_id) references invoices,
  foreign key (account_id, livemode, customer_id) references customers,
  check (amount_applied + amount_to_balance = total)
);
create unique index credit_notes_number on credit_notes (account_id, livemode, number_seq);
create index credit_notes_list on credit_notes (account_id, livemode, created_at desc, id desc);
create index credit_notes_customer on credit_notes (account_id, livemode, customer_id, created_at desc, id desc);
create index credit_notes_invoice on credit_notes (account_id, livemode, invoice_id, created_at desc, id desc);

create table credit_note_lines (
  account_id int not null,
  livemode boolean not null,
  credit_note_id text not null,
  position int not null,
  invoice_line_id text not null,
  -- As the invoice's line said.
  description text not null,
  -- Negative only where a note over the whole rest takes back a negative line.
  amount exact_number not null check (amount <> 0),
  primary key (account_id, livemode, credit_note_id, position),
  unique (account_id, livemode, credit_note_id, invoice_line_id),
  foreign key (account_id, livemode, credit_note_id) references credit_notes,
  foreign key (account_id, livemode, invoice_line_id) references invoice_lines (account_id, livemode, id)
);

create table credit_note_taxes (
  account_id int not null,
  livemode boolean not null,
  credit_note_id text not null,
  position int not null,
  tax_rate_id text not null,
  name text not null,
  percentage exact_number not null,
  inclusive boolean not null,
  taxable exact_number not null,
  amount exact_number not null,
  primary key (account_id, livemode, credit_note_id, position),
  foreign key (account_id, livemode, credit_note_id) references credit_notes
);

-- Every change of a customer's money balance. Append-only.
create table customer_balance_entries (
  account_id int not null,
  livemode boolean not null,
  id text not null,
  -- The order in which they were written; of one customer they are written one at a time.
  seq bigint generated always as identity,
  customer_id text not null,
  -- negative_invoice: an invoice below zero. applied: it paid an invoice. returned: a void gave that back.
  -- taken_back: the void of an invoice below zero. credit_note: what a note's invoice no longer owed.
  kind text not null check (kind in ('negative_invoice', 'applied', 'returned', 'taken_back', 'credit_note')),
  -- Signed: more for the customer is positive.
  amount exact_number not null check ((amount > 0) = (kind in ('negative_invoice', 'returned', 'credit_note')) and amount <> 0),
  balance_after exact_number not null check (balance_after >= 0),
  currency text not null,
  invoice_id text,
  credit_note_id text,
  -- What wrote it; with the customer it is unique, so a repeated step writes it once.
  source text not null,
  created_at timestamptz not null,
  primary key (account_id, livemode, id),
  unique (account_id, livemode, customer_id, source),
  foreign key (account_id, livemode, customer_id) references customers,
  foreign key (account_id, livemode, invoice_id) references invoices,
  foreign key (account_id, livemode, credit_note_id) references credit_notes
);
create index customer_balance_entries_list on customer_balance_entries (account_id, livemode, customer_id, seq desc);

create trigger payments_append_only before update or delete on payments
  for each row execute function refuse_change();
create trigger credit_notes_append_only before update or delete on credit_notes
  for each row execute function refuse_change();
create trigger credit_note_lines_append_only before update or delete on credit_note_lines
  for each row execute function refuse_change();
create trigger credit_note_taxes_append_only before update or delete on credit_note_taxes
  for each row execute function refuse_change();
create trigger customer_balance_entries_append_only before update or delete on customer_balance_entries
  for each row execute function refuse_change();
