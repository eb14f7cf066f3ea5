create or replace table rows_training_training_roll as
with copies as (
    select worker_no from workers where left_on is null
    order by u('on the roll twice', worker_no), worker_no limit (select ceil(count(*) * {copies})::bigint from workers)
),
yearly as (
    select w.*, y.calendar_year, false as is_copy
    from workers as w, (values (2025), (2026)) as y (calendar_year)
    where year(w.joined_on) <= y.calendar_year and (w.left_on is null or year(w.left_on) >= y.calendar_year)
),
stacked as (
    select * from yearly
    union all
    select * replace (true as is_copy) from yearly join copies using (worker_no)
)
select s.worker_no * 1000 + (s.calendar_year - 2000) * 2 + s.is_copy::int as row_no, s.* exclude (person_no), s.person_no,
    case when year(s.joined_on) < s.calendar_year then 20
        else ceil(20 * (12 - month(s.joined_on)) / 12.0)::int end as true_hours,
    case when s.left_on is not null and year(s.left_on) = s.calendar_year then '2' else '1' end as duty_code,
    p.id_number, p.name, p.former_name, p.sex_code, p.birth_date, p.phone, p.old_phone,
    k.id_number as kin_id_number, r.phone as relative_phone
from stacked as s
join persons as p on p.person_no = s.person_no
left join persons as k on k.person_no = p.kin_no and k.id_type_code = '111'
left join persons as r on r.person_no = p.relative_no;
