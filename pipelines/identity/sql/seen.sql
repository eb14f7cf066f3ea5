-- How the records of this run were seen, for the next one to tell what has changed.
create or replace view next_seen as
select
    record_key,
    digest,
    digest_of(number) as number_key,
    address_key
from records
where {condition};
