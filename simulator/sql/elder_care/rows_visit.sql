create or replace table base_elder_care_visit as
with months as (
    select e.row_no as elder_row_no, elder_no, m.first_day, m.days, m.place
    from elder_care_elder as e,
        (values (date '2026-04-01', 30, 0), (date '2026-05-01', 31, 1), (date '2026-06-01', 30, 2)) as m (first_day, days, place)
    where e.is_on_visit_list and e.presence = 'resident' and e.copy_no = 0
),
going as (
    select *, unnest(range(case when u('visits', elder_row_no * 4 + place) < 0.14 then 0 when u('visits', elder_row_no * 4 + place) < 0.9 then 1 else 2 end))
        as visit_place
    from months
)
select (elder_row_no * 4 + place) * 4 + visit_place * 2 as row_no, elder_no,
    first_day::timestamp + interval (pick('visit day', (elder_row_no * 4 + place) * 4 + visit_place, days)) day
        + interval (28800 + pick('visit hour', (elder_row_no * 4 + place) * 4 + visit_place, 32000)) second as visited_local
from going;

create or replace table rows_elder_care_visit as
select *, false as is_copy from base_elder_care_visit
union all
select * replace (row_no + 1 as row_no), true
from (select * from base_elder_care_visit order by u('visit twice', row_no), row_no
      limit (select ceil(count(*) * {copies})::bigint from base_elder_care_visit));
