-- An index that begins like the primary key of lines, with the account, is taken for it as long as the tables of a new
-- installation have no statistics: then reading one invoice's lines reads those of the whole account.
alter table credit_note_lines drop constraint credit_note_lines_account_id_livemode_invoice_line_id_fkey;
alter table invoice_lines drop constraint invoice_lines_account_id_livemode_id_key;
alter table invoice_lines add unique (id, account_id, livemode);
alter table credit_note_lines add foreign key (account_id, livemode, invoice_line_id)
  references invoice_lines (account_id, livemode, id);

-- The same of taxes.
drop index invoice_taxes_rate;
create index invoice_taxes_rate on invoice_taxes (tax_rate_id, account_id, livemode);

-- Where the clock stood before its last advance: how far its subscriptions have come is told between the two.
alter table test_clocks add column advanced_from timestamptz;
