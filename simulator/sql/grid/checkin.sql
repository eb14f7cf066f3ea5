insert into plan_grid_checkin
select row_no, 'copy', 'checkin_no', 'checkin_repeated' from rows_grid_checkin where is_copy;

create or replace table grid_checkin as
with moved as (
    select *, case when place_fault = 'gps_drift' then 600 + 2400 * u('checkin drift', row_no) when place_fault = 'mock_location' then 0
            else meters end as off_meters,
        6.283 * u('bearing', row_no - case when is_copy then 2 else 0 end) as bearing
    from faulty_grid_checkin
)
select m.row_no, 'QD' || lpad(((m.row_no * 387420489 + 7) % 1000000000000)::varchar, 12, '0') as checkin_no,
    'WG' || lpad(m.worker_no::varchar, 6, '0') as worker_no, checkin_type_code, p.plan_no, h.house_code,
    checkin_type_code = 'VISIT' as is_person_verified, checkin_type_code = 'VISIT' and u('house seen', m.row_no) < 0.8 as is_house_verified,
    checkin_type_code = 'VISIT' and u('shop seen', m.row_no) < 0.06 as is_organization_verified,
    at_zone(signed_local) as checked_in_at,
    at_zone(case when upload_fault is null then signed_local + interval (1 + pick('sent', m.row_no, 15)) second
        else signed_local::date + interval (75600 + pick('sent', m.worker_no, 9000)) second end) as uploaded_at,
    round(m.longitude + off_meters * cos(bearing) / 93600, 6) as longitude,
    round(m.latitude + off_meters * sin(bearing) / 111320, 6) as latitude,
    case when place_fault = 'mock_location' then 0 else 3 + round(25 * u('accuracy', m.row_no), 1) end as accuracy_meters,
    place_fault is not distinct from 'mock_location' and u('honest', m.row_no) < 0.5 as is_mock_location,
    at_zone(case when upload_fault is null then signed_local + interval (1 + pick('sent', m.row_no, 15)) second
        else signed_local::date + interval (75600 + pick('sent', m.worker_no, 9000)) second end) as updated_at,
    false as is_deleted
from moved as m
left join grid_patrol_plan as p on p.row_no = m.plan_row_no
left join houses as h on h.house_id = m.house_id;
