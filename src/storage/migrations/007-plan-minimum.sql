-- What all lines of a period come to at least; null: no minimum.
alter table plan_versions add column minimum_amount exact_number check (minimum_amount >= 0);
