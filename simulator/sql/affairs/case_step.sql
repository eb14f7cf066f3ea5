create or replace table affairs_case_step as
select s.row_no, 'HJ' || lpad(((s.row_no * 387420489 + 3) % 1000000000000)::varchar, 12, '0') as step_id,
    c.county_code, c.case_no, s.step_code, at_zone(s.started_local) as started_at,
    case when s.time_fault is null then at_zone(s.finished_local) end as finished_at,
    c.department_code as handler_department_code,
    at_zone(least(coalesce(s.finished_local, s.started_local) + interval (10 + pick('step', s.row_no, 600)) second,
        timestamp '{today}' + interval 86399 second)) as updated_at,
    false as is_deleted
from faulty_case_step as s join affairs_case as c on c.row_no = s.case_row_no;
