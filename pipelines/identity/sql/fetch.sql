-- Fetch the requested candidates; those fetched already are not looked up again.
insert into fetched
select live.*
from live
where record_key in (
    select record_key from {keys} where record_key not in (select record_key from fetched)
);

create or replace table candidates as
select * from fetched where record_key in (select record_key from {keys});

create or replace table address_houses as
select distinct candidates.address_standard, address_houses_now.house_code
from candidates
inner join address_houses_now on hash(candidates.address_standard) = address_houses_now.address_key;
