create or replace table population_hj_person as
select row_no, given_house_id,
    row_county_code || 'R' || lpad(((row_no * 387420489 + 71) % 10000000000)::varchar, 10, '0') as person_no,
    id_type_code, {id_number} as id_number, {name} as name, former_name, {sex_code} as sex_code,
    {birth_date} as birth_date, ethnicity_code, marital_code, education_code, {phone} as phone,
    substr(row_county_code, 6, 1) || lpad(((hukou_household_no * 7919 + 17) % 100000000)::varchar, 8, '0') as hukou_no,
    relation_to_head_code, coalesce(hukou_house_address, home_address) as hukou_address,
    case when presence in ('away', 'left') then
        ['上海市松江区', '江苏省苏州市吴中区', '浙江省杭州市余杭区', '安徽省合肥市蜀山区'][1 + pick('away', row_no, 4)]
        when address_fault = 'address_missing' then null else {address} end as residence_address,
    case when address_fault is distinct from 'address_missing' then given_house_code end as residence_house_code,
    given_community_code as community_code, {grid_code} as grid_code,
    case when life_fault = 'dead_active' then '1' when presence = 'dead' then '3' when presence = 'left' then '2'
        else '1' end as status_code,
    
    at_zone(verified_local) as verified_at,
    at_zone(least(verified_local + interval (3600 + pick('update', row_no, 500000)) second,
        timestamp '{today}' + interval (pick('update', row_no, 64800)) second)) as update_time,
    presence = 'left' and u('deleted', row_no) < 0.3 as is_deleted
from housed_hj_person;
