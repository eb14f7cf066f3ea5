create or replace table next_addresses as
select hash(address_standard) as address_key, house_code from address_houses;
