create or replace table grid_worker as
select row_no, 'WG' || lpad(worker_no::varchar, 6, '0') as worker_no, {name} as name, id_type_code, {id_number} as id_number,
    {sex_code} as sex_code, {birth_date} as birth_date, {phone} as phone, county_code, community_code,
    case when u('full time', row_no) < 0.8 then 'FULL_TIME' else 'PART_TIME' end as employment_code, {grid_code} as grid_code,
    joined_on, left_on, case when left_on is null or life_fault is not null then '1' else '0' end as status_code,
    at_zone(coalesce(left_on, greatest(joined_on, date '{today}' - pick('worker day', row_no, 85)::int))::timestamp
        + interval (28800 + pick('worker hour', row_no, 32000)) second) as updated_at,
    false as is_deleted
from faulty_grid_worker;
