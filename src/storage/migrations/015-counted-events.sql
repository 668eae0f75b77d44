-- Whether a charge counts an event, apart from its name and time: `counted` has the sequence numbers that count (null:
-- all), the filters, and the property that has to be there, or to be a number (billing rules 3).
create function counts_event(counted jsonb, seq bigint, properties jsonb) returns boolean
language sql immutable parallel safe
return (counted ->> 'seqs' is null or seq <@ (counted ->> 'seqs')::int8multirange)
  and not exists (
    select from jsonb_each(counted -> 'filters') as f (property, accepted)
    where not coalesce(f.accepted ? canonical_text(properties -> f.property), false)
  )
  and (counted ->> 'property' is null or case
    when (counted ->> 'needs_number')::boolean then metered_number(properties -> (counted ->> 'property')) is not null
    else properties -> (counted ->> 'property') is not null
  end);
