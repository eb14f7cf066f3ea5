create or replace table population_ld_person as
select row_no, given_house_id,
    row_county_code || 'L' || lpad(((row_no * 387420489 + 73) % 10000000000)::varchar, 10, '0') as floater_no,
    id_type_code, {id_number} as id_number, {name} as name, former_name, {sex_code} as sex_code,
    {birth_date} as birth_date, ethnicity_code, marital_code, education_code, {phone} as phone,
    ['01', '02', '03', '04', '05', '09'][1 + pick('inflow', row_no, 6)] as inflow_reason_code,
    'JZ' || substr(row_county_code, 3) || lpad(((row_no * 48271 + 5) % 100000000)::varchar, 8, '0') as permit_no,
    (verified_local::date - 200)::date as permit_from, (verified_local::date + 165)::date as permit_to,
    case origin when 'other county' then hukou_county_code when 'foreigner' then null else
        ['341200', '341500', '341100', '340300', '410100', '320100', '411500'][1 + pick('from', household_no, 7)] end
        as origin_region_code,
    {address} as residence_address,
    case when address_fault is distinct from 'address_missing' then given_house_code end as residence_house_code,
    given_community_code as community_code, {grid_code} as grid_code, '1' as status_code,
    
    at_zone(verified_local) as verified_at,
    at_zone(least(verified_local + interval (3600 + pick('update', row_no, 500000)) second,
        timestamp '{today}' + interval (pick('update', row_no, 64800)) second)) as update_time,
    false as is_deleted
from housed_ld_person;
