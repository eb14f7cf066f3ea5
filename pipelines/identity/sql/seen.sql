-- How the records of this run were seen, for the next one to tell what has changed.
create or replace view next_seen as
select
    record_key,
    digest,
    if(number is null, null, hash(number)) as number_key,
    if(address_standard is null, null, hash(address_standard)) as address_key
from records
where {condition};
