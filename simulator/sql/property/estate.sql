create or replace macro estate_number(estate_no) as 'XQ' || lpad(((estate_no::bigint * 387420489 + 3) % 10000000000)::varchar, 10, '0');

create or replace table property_estate as
select row_no, org_no, estate_number(row_no) as estate_no,
    case when name_fault is not null then estate_alias else estate_name end as estate_name, county_code, community_code, address, company_name,
    case when credit_fault is null then credit_code when u('letter', row_no) < 0.5 then replace(credit_code, '1', 'I')
        else replace(credit_code, '0', 'O') end as company_credit_code,
    households_count, buildings_count, 1996 + pick('built', row_no, 28) as built_year,
    array_to_string(existing, ',') as existing_subsystems,
    array_to_string(case when subsystem_fault is not null then list_append(integrated, lacking[1]) else integrated end, ',') as integrated_subsystems,
    [30, 90, 180, 180, 180, 365][1 + pick('retention', row_no, 6)] as access_log_retention_days, longitude, latitude,
    changed_at(timestamp '2020-01-01', 'estate', row_no, timestamp '{today}') as updated_at, false as is_deleted
from faulty_property_estate;
