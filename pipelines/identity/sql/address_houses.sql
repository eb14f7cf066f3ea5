-- An address maps to a house if records give both and more than 60 % of them agree. An address that
-- ends at the estate never reaches that share.
create or replace table {name} as
select address_standard, arg_max(house_code, (records, house_code)) as house_code
from (
    select address_standard, house_code, count(*) as records
    from {candidates}
    where address_standard is not null and house_code is not null
    group by all
)
group by address_standard
having max(records) > 0.6 * sum(records);
