create or replace table rows_grid_checkin as
with patrols as (
    select row_no * 4 as row_no, 'PATROL' as checkin_type_code, row_no as plan_row_no, worker_no, null::bigint as house_id,
        longitude, latitude, case when u('punctual', row_no) < 0.94
            then shift_start_local + interval (300 + pick('signed', row_no, 10000)) second
            else shift_end_local + interval (600 + pick('signed', row_no, 3000)) second end as signed_local,
        case when u('in place', row_no) < 0.94 then 35 * u('near', row_no) else 65 + 150 * u('near', row_no) end as meters
    from rows_grid_patrol_plan where u('went', row_no) < 0.88 + 0.1 * u('diligent', worker_no)
),
visits as (
    select h.house_id * 4 + 1 as row_no, 'VISIT' as checkin_type_code, null::bigint as plan_row_no, w.worker_no, h.house_id,
        h.longitude, h.latitude, date '{today}' - pick('visit day', h.house_id, 180)::int
            + interval ([9, 10, 15, 16, 18, 19][1 + pick('visit hour', h.house_id, 6)] * 3600 + pick('visit second', h.house_id, 3500)) second
            as signed_local,
        30 * u('visit near', h.house_id) as meters
    from (select distinct house_id from persons where presence = 'resident' and role in ('head', 'mate 1')) as lived
    join houses as h using (house_id)
    join workers as w on w.role_code = 'GRID' and w.grid_code = h.grid_code
    where u('visited', h.house_id) < 0.62 + 0.3 * u('diligent', w.worker_no)
),
firsts as (
    select * from patrols union all select * from visits where signed_local < timestamp '{today}' + interval 1 day
),
copied as (
    select row_no from firsts order by u('signed twice', row_no), row_no
    limit (select ceil({copies} * count(*))::bigint from firsts)
)
select f.*, false as is_copy, c.row_no is not null as has_copy,
    c.row_no is null and plan_row_no is not null as can_drift
from firsts as f left join copied as c using (row_no)
union all
select f.* replace (f.row_no + 2 as row_no, f.signed_local + interval (20 + pick('again signed', f.row_no, 90)) second as signed_local),
    true, true, false
from firsts as f join copied as c using (row_no);
