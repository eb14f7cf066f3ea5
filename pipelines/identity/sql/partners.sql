-- Records that touched ones can be compared with: open records with everybody, identified ones with
-- open ones, plus those that share name and birth date with an identified one, since two numbers
-- may belong to one person.
create or replace view blockable as
select
    live as record,
    live.*,
    coalesce(live.house_code, address_houses_now.house_code) as house,
    unnest(blocking_parts(live.name, live.typed_number))
from live
left join address_houses_now on hash(live.address_standard) = address_houses_now.address_key;

-- Two passes, because every condition is evaluated on every row and only one record in ten is open.
create or replace table partners as
select record_key, record
from blockable
where {blocked_with_open}
    or hash(name, birth) in (
        select hash(name, birth) from identified_records where name is not null and birth is not null
    )
union all
select record_key, record
from (select * from blockable where number is null)
where {blocked_with_identified};

insert into fetched
select unnest(record)
from (select distinct on (record_key) record_key, record from partners)
where record_key not in (select record_key from fetched);

create or replace table compared_keys as
select record_key from touched
union
select record_key from partners;
