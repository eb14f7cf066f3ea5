create or replace table property_iot_device as
with heard as (
    select *, timestamp '{today}' + interval 22 hour - interval (pick('heard', row_no, 80000)) second
        - interval ((5 * pow(u('heard day', row_no), 4))::int) day as recently from faulty_property_iot_device
)
select row_no, 'WL' || lpad(((row_no * 48271 + 23) % 1000000000000)::varchar, 12, '0') as iot_no, estate_number(true_estate_no) as estate_no,
    case when building_fault is not null then 'LD9' || substr(building_id, 4) || '0' else building_id end as building_id, scene_code,
    case scene_code when 'ACCESS' then '门禁' when 'SMOKE' then '烟感' when 'VIDEO' then '摄像机' when 'LIFT' then '梯控' when 'PARKING' then '道闸'
        else '周界' end || lpad((row_no % 1000)::varchar, 3, '0') as device_name,
    (date '{today}' - interval (60 + pick('fitted', row_no, 1500)) day)::date as installed_on,
    at_zone(case when seen_fault is not null then recently - interval (10 + pick('silent', row_no, 100)) day
        when status_code = '1' then recently else recently - interval (1 + pick('silent', row_no, 200)) day end) as last_seen_at,
    status_code, at_zone(recently + interval (pick('device', row_no, 3000)) second) as updated_at, u('deleted device', row_no) < 0.002 as is_deleted
from heard;
