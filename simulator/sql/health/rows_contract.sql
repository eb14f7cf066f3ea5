create or replace table base_health_contract as
with signed as (
    select row_no * 2 as row_no, ehr_no, community_code, key_group_code,
        (date '{today}' - interval (1 + pick('signed', row_no, 560)) day)::date as signed_on
    from health_ehr_index
    where presence = 'resident' and copy_no = 0
        and u('family doctor', row_no) < case key_group_code when 'GENERAL' then 0.4 else 0.72 end
)
select *, signed_on + 1 as valid_from, signed_on + 365 as valid_to,
    case when u('contract ended', row_no) < 0.02 then 'CANCELLED' when signed_on + 365 < date '{today}' then 'ENDED' else 'VALID' end as status_code,
    signed_on + 365 < date '{today}' - 95 and u('contract ended', row_no) >= 0.02 as is_long_expired
from signed;

create or replace table rows_health_contract as
select *, false as is_copy from base_health_contract
union all
select * replace (row_no + 1 as row_no, (valid_from + pick('overlap', row_no, (date '{today}' - valid_from)::bigint)::int)::date as valid_from), true
from (select * from base_health_contract where status_code = 'VALID' and valid_from < date '{today}' - 20
      order by u('signed twice', row_no), row_no
      limit (select ceil(count(*) * {copies})::bigint from base_health_contract));
