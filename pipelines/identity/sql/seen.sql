-- The digests of this run's records, by which the next run detects changes and finds whom a changed
-- record can be compared with.
create or replace view next_seen as
select
    record_key,
    digest,
    digest_of(number) as number_key,
    address_key,
    {blocking_keys}
from (select *, unnest(blocking_parts(name, typed_number)) from records)
where {condition};
