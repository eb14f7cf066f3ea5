-- How the records of this run were seen, for the next one to tell what has changed.
create or replace table next_seen as
with digested as (
    select
        record_key,
        {digest} as digest,
        if(number is null, null, hash(number)) as number_key,
        if(address_standard is null, null, hash(address_standard)) as address_key
    from candidates
)

select digested.*, records.number is null or records.is_contradicted as is_open
from digested
inner join records on digested.record_key = records.record_key
where {condition};
