create or replace table rows_training_training_record as
with attended as (
    select w.worker_no, w.person_no, w.community_code, c.course_no, c.true_hours,
        (w.worker_no * 100 + c.row_no) as attendance_no,
        c.true_ended_on + pick('entered', w.worker_no * 100 + c.row_no, 4)::int as completed_on
    from workers as w cross join training_course as c
    where c.true_held_on >= w.joined_on and (w.left_on is null or c.true_ended_on < w.left_on)
        and u('attends', w.worker_no * 100 + c.row_no) < 0.03 + 0.13 * u('keen', w.worker_no)
),
judged as (
    select *, case when u('result', attendance_no) < 0.02 then '2' when u('result', attendance_no) < 0.05 then '3' else '1' end
        as result_code
    from attended
),
copies as (
    select attendance_no from judged where result_code = '1'
    order by u('entered twice', attendance_no), attendance_no
    limit (select ceil(count(*) * {copies})::bigint from judged)
),
stacked as (
    select *, false as is_copy, attendance_no * 2 as row_no from judged
    union all
    select * replace (completed_on + (1 + pick('entered again', attendance_no, 12))::int as completed_on), true, attendance_no * 2 + 1
    from judged join copies using (attendance_no)
)
select s.row_no, s.attendance_no, s.is_copy, s.worker_no, s.person_no, s.community_code, s.course_no as true_course_no, s.true_hours,
    s.completed_on, s.result_code,
    case when s.result_code = '1' then 'JY' || lpad((s.attendance_no * 7919 % 10000000000)::varchar, 10, '0') end as certificate_no,
    p.id_number, p.name, p.former_name, p.sex_code, p.birth_date, p.phone, p.old_phone,
    k.id_number as kin_id_number, r.phone as relative_phone
from stacked as s
join persons as p using (person_no)
left join persons as k on k.person_no = p.kin_no and k.id_type_code = '111'
left join persons as r on r.person_no = p.relative_no
where s.completed_on <= date '{today}';
