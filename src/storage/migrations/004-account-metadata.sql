-- Every object of the API has metadata, the account too.
alter table accounts add column metadata jsonb not null default '{}';
