-- Waits until every writer of the bucket's customers has committed or rolled back, and returns the highest sequence
-- number drawn by then. The session lock is held only for that look: see src/storage/usage-cutoff.ts for why that is enough.
create function read_usage_cutoff(lock_class int, bucket int) returns bigint language plpgsql as $$
declare
  cutoff bigint;
begin
  perform pg_advisory_lock(lock_class, bucket);
  select case when is_called then last_value else last_value - 1 end into cutoff from event_seq;
  perform pg_advisory_unlock(lock_class, bucket);
  return cutoff;
exception when others or query_canceled then
  -- A session lock outlives the transaction; leaving it behind would stop ingestion for this bucket.
  perform pg_advisory_unlock(lock_class, bucket);
  raise;
end $$;
