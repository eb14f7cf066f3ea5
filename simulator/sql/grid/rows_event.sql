create or replace table rows_grid_event as
with firsts as (
    select *, not is_repeat and source_code = 'PATROL' and reporter_worker_no is not null as can_be_entered_twice,
        count(*) over (partition by incident_id) = 1 and not is_repeat as is_only_report
    from grid_reports
),
copied as (
    select report_no from firsts where can_be_entered_twice order by u('entered twice', report_no), report_no
    limit (select ceil({copies} * count(*))::bigint from firsts)
),
entered as (
    select f.*, report_no * 2 as row_no, false as is_copy, c.report_no is null and is_only_report as is_single
    from firsts as f left join copied as c using (report_no)
    union all
    select f.* replace (f.reported_local + interval (40 + pick('again at', report_no, 260)) second as reported_local),
        report_no * 2 + 1, true, false
    from firsts as f join copied as c using (report_no)
),
taken as (
    select e.*, reported_local + interval (120 + pick('grid taken', row_no, 3600)) second as accepted_local,
        u('rerouted', row_no) < 0.06 as is_rerouted, u('grid reopened', row_no) < 0.04 as is_to_reopen,
        u('grid test', row_no) as test_chance
    from entered as e
),
worked as (
    select t.*, due.day::timestamp + interval 63000 second as due_local,
        accepted_local + interval (2400 + (4 * 86400 * pow(u('grid handled', row_no), 3))::bigint
            + case when u('grid overdue', row_no) < 0.05 then 800000 else 0 end) second as ended_local
    from taken as t join calendar as c on c.day = t.accepted_local::date
    join working_days as due on due.working_place = c.working_place + 5
),
closing as (
    select *, ended_local < timestamp '{today}' + interval 1 day as is_ended,
        ended_local + interval (7200 + pick('grid reopening', row_no, 86400 * 9)) second as reopened_local
    from worked
)
select c.* exclude (test_chance), is_ended and is_to_reopen and reopened_local < timestamp '{today}' + interval 1 day as is_reopened,
    reopened_local + interval (86400 + pick('grid closed again', row_no, 86400 * 3)) second as closed_again_local,
    c.house_id as home_house_id, p.person_no, p.name, p.former_name, p.sex_code, p.phone, p.old_phone, p.id_number, p.birth_date,
    null::varchar as kin_id_number, r.phone as relative_phone
from closing as c
left join persons as p on p.person_no = c.reporter_person_no
left join persons as r on r.person_no = p.relative_no;
