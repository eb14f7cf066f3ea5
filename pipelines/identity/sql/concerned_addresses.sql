-- Addresses of changed records, and the candidates now at them.
create or replace table concerned_addresses as
select address_key from changed where address_key is not null
union
select address_key from superseded where address_key is not null;

create or replace view candidates_there as
select address_standard, house_code
from live
where hash(address_standard) in (select address_key from concerned_addresses);
