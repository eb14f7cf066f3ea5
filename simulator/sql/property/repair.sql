insert into plan_property_repair
select row_no, 'copy', 'repair_no', 'repair_duplicate' from rows_property_repair where is_copy;

create or replace table property_repair as
select row_no, given_house_id, 'BX' || strftime(reported_local, '%y%m%d') || lpad(((row_no * 387420489 + 11) % 10000000000)::varchar, 10, '0') as repair_no,
    estate_number(true_estate_no) as estate_no, unit_id, case when is_complaint then 'COMPLAINT' else 'REPAIR' end as request_type_code, category_code,
    {name} as caller_name, {id_number} as caller_id_number, {phone} as caller_phone, {address} as caller_address,
    at_zone(reported_local) as reported_at, at_zone(accepted_local) as accepted_at, at_zone(due_local) as due_at,
    case when status_code = 'DONE' then case done_fault when 'value_missing' then null
        when 'closed_before_accepted' then at_zone(accepted_local - interval (300 + pick('before', row_no, 80000)) second)
        else at_zone(done_local) end end as done_at,
    status_code,
    case when status_code = 'DONE' and u('rated', row_no) < 0.5 then [5, 5, 4, 4, 3, 2, 1][1 + pick('score', row_no, 7)] end as satisfaction_score,
    at_zone(least(case when status_code = 'DONE' then done_local else accepted_local end + interval 10 minute,
        timestamp '{today}' + interval 86000 second)) as updated_at,
    u('deleted repair', row_no) < 0.002 as is_deleted
from housed_property_repair;
