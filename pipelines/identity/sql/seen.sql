-- The digests of this run's records, by which the next run detects changes.
create or replace view next_seen as
select
    record_key,
    digest,
    digest_of(number) as number_key,
    address_key
from records
where {condition};
