create or replace table health_consult as
select row_no, 'HZ' || lpad(((row_no * 387420489 + 73) % 1000000000000)::varchar, 12, '0') as consult_no, ehr_no,
    primary_institution(community_code) as requesting_institution_code, tertiary_institution(row_no) as invited_institution_code,
    case when code_fault is not null then own_department(clinic_department(row_no), row_no) else clinic_department(row_no) end as department_code,
    at_zone(requested_local) as requested_at,
    case when status_code = 'DONE' and time_fault is null then at_zone(finished_local) end as finished_at, status_code,
    at_zone(least(finished_local + interval 5 minute, timestamp '{today}' + interval 86350 second)) as updated_at,
    u('deleted consult', row_no) < 0.002 as is_deleted
from faulty_health_consult;
