-- The records that are asked for, and those that carry the same numbers.
create or replace table fetched_keys as
with numbers as (
    select distinct number_key
    from seen_now
    where number_key is not null and record_key in (select record_key from {keys})
)

select record_key from {keys}
union
select record_key from seen_now where number_key in (select number_key from numbers);

create or replace table candidates as
select live.* from live where record_key in (select record_key from fetched_keys);

create or replace table address_houses as
select distinct candidates.address_standard, address_houses_now.house_code
from candidates
inner join address_houses_now on hash(candidates.address_standard) = address_houses_now.address_key;
