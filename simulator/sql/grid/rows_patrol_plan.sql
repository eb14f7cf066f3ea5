create or replace table grid_checkpoints as
select grid_code, point, longitude, latitude, estate_name, road
from (select *, row_number() over (partition by grid_code order by u('checkpoint', house_id), house_id) as point from houses)
where point <= 4;

create or replace table rows_grid_patrol_plan as
select (w.worker_no * 1000 + d.day_no) * 10 + p.point as row_no, w.worker_no, w.community_code, w.county_code, w.grid_code,
    p.point, p.longitude, p.latitude, coalesce(p.estate_name, p.road) || '巡查点' || p.point as checkpoint_name, d.day as planned_on,
    d.day::timestamp + interval (case when p.point <= 2 then 30600 else 52200 end) second as shift_start_local,
    d.day::timestamp + interval (case when p.point <= 2 then 41400 else 63000 end) second as shift_end_local
from workers as w
join grid_checkpoints as p using (grid_code)
join (select day, date_diff('day', date '2026-01-01', day) as day_no from calendar
      where day between date '{today}' - 29 and date '{today}' and isodow(day) < 7) as d
    on (w.left_on is null or d.day < w.left_on) and d.day >= w.joined_on
where w.role_code = 'GRID';
