create or replace table rows_property_iot_device as
with per_building as (
    select row_no * 100 + unnest(range(units_count)) as row_no, true_estate_no, building_id, 'ACCESS' as scene_code
    from property_building where u('access scene', true_estate_no) < 0.7
    union all
    select row_no * 100 + 20 + unnest(range(2)), true_estate_no, building_id, 'SMOKE' from property_building where u('smoke scene', true_estate_no) < 0.6
    union all
    select row_no * 100 + 40, true_estate_no, building_id, 'VIDEO' from property_building where u('video scene', true_estate_no) < 0.85
    union all
    select building_row_no * 100 + 50 + row_no % 10, true_estate_no, building_id, 'LIFT' from property_lift where has_lift_control
),
per_estate as (
    select row_no::bigint * 100000 + 60 as row_no, row_no as true_estate_no, null as building_id, 'PARKING' as scene_code
    from property_estate where u('parking scene', row_no) < 0.65
    union all
    select row_no::bigint * 100000 + 70 + unnest(range(4)), row_no, null, 'PERIMETER' from property_estate where u('perimeter scene', row_no) < 0.4
)
select *, case when u('device state', row_no) < 0.9 then '1' when u('device state', row_no) < 0.97 then '2' else '3' end as status_code
from (select * from per_building union all select * from per_estate);
