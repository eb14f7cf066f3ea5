create or replace table health_referral as
select row_no, 'ZZ' || lpad(((row_no * 387420489 + 71) % 1000000000000)::varchar, 12, '0') as referral_no, ehr_no,
    case when direction_fault is null then direction_code when direction_code = 'UP' then 'DOWN' else 'UP' end as direction_code,
    case direction_code when 'UP' then primary_institution(community_code) else hospital_code end as from_institution_code,
    case direction_code when 'UP' then 'PRIMARY' else hospital_level end as from_level_code,
    case direction_code when 'UP' then hospital_code else primary_institution(community_code) end as to_institution_code,
    case direction_code when 'UP' then hospital_level else 'PRIMARY' end as to_level_code,
    case when code_fault is not null then own_department(clinic_department(row_no), row_no) else clinic_department(row_no) end as department_code,
    at_zone(applied_local) as applied_at,
    case when status_code = 'ACCEPTED' then at_zone(case when time_fault is not null
        then applied_local - interval (600 + pick('early', row_no, 50000)) second else accepted_local end) end as accepted_at,
    status_code, at_zone(least(accepted_local + interval 10 minute, timestamp '{today}' + interval 86300 second)) as updated_at,
    u('deleted referral', row_no) < 0.002 as is_deleted
from faulty_health_referral;
