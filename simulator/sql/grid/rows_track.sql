create or replace table rows_grid_track as
select (w.worker_no * 1000 + d.day_no) * 100 + s.place as row_no, w.worker_no, w.community_no, d.day, s.place,
    d.day::timestamp + interval (30600 + s.place * 1200 + pick('located', w.worker_no * 31 + s.place, 60)) second as located_local, true as can_drift
from workers as w
join (select day, date_diff('day', date '2026-01-01', day) as day_no from calendar
      where day between date '{today}' - 6 and date '{today}' and isodow(day) < 7) as d
    on (w.left_on is null or d.day < w.left_on) and d.day >= w.joined_on
cross join (select unnest(range(27)) as place) as s
where w.role_code = 'GRID' and u('signal lost', (w.worker_no * 1000 + d.day_no) * 100 + s.place) < 0.95;
