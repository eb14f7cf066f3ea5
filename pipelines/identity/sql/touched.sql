create or replace table next_addresses as
select hash(address_standard) as address_key, house_code from houses_there;

create or replace table changed_addresses as
select concerned_addresses.address_key
from concerned_addresses
left join next_addresses using (address_key)
left join {addresses} as kept using (address_key)
where next_addresses.house_code is distinct from kept.house_code;

create or replace view address_houses_now as
select address_key, house_code
from {addresses}
where address_key not in (select address_key from concerned_addresses)
union all
select address_key, house_code from next_addresses;

-- Every current record with its grouping digests.
create or replace view seen_now as
select record_key, digest, number_key, address_key
from {seen}
where record_key not in (select record_key from superseded)
union all
select record_key, digest, number_key, address_key from changed;

-- Touched are all records that may look different from before: changed records, those that a
-- decision names, those whose address now maps to another house, and those that share a number with
-- any of these.
create or replace table moved as
select record_key from changed
union
select record_key from superseded
union
select record_key from decided_anew
union
select record_key
from {seen}
where address_key in (select address_key from changed_addresses);

create or replace table touched_numbers as
select number_key from seen_now where number_key is not null and record_key in (select record_key from moved)
union
select number_key from superseded where number_key is not null;

create or replace table touched as
select record_key from moved
union
select record_key from {seen} where number_key in (select number_key from touched_numbers);
