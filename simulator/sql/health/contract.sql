insert into plan_health_contract
select row_no, 'copy', 'valid_from', 'contract_overlap' from rows_health_contract where is_copy;

create or replace table health_contract as
select row_no, 'QY' || lpad(((row_no * 387420489 + 61) % 1000000000000)::varchar, 12, '0') as contract_no,
    case when record_fault is not null then '9' || substr(ehr_no, 2) else ehr_no end as ehr_no,
    primary_institution(community_code) as institution_code,
    substr(community_code, 1, 9) || 'T' || (1 + pick('team', row_no, 6))::varchar as team_no,
    case key_group_code when 'ELDERLY' then 'ELDERLY' when 'CHILD' then 'CHILD' when 'PREGNANT' then 'MATERNAL' when 'GENERAL' then 'BASIC'
        else 'CHRONIC' end as package_code,
    valid_from - 1 as signed_on, valid_from, case when is_copy then valid_from + 364 else valid_to end as valid_to,
    case when status_fault is not null then 'VALID' else status_code end as status_code,
    changed_at(valid_from + interval 10 hour, 'contract', row_no, timestamp '{today}') as updated_at,
    status_code = 'CANCELLED' and u('deleted contract', row_no) < 0.1 as is_deleted
from faulty_health_contract;
