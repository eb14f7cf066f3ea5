create or replace table elder_care_dispatch as
select row_no, 'PD' || strftime(requested_local, '%y%m%d') || lpad(((row_no * 387420489 + 53) % 10000000000)::varchar, 10, '0') as dispatch_no,
    call_no, elder_no, service_code, 'HL' || lpad((1 + pick('carer', row_no, 400))::varchar, 5, '0') as worker_no,
    at_zone(requested_local) as requested_at, at_zone(promised_local) as promised_at,
    case when status_code = 'DONE' then case arrival_fault when 'value_missing' then null
        when 'time_order_implausible' then at_zone(requested_local - interval (300 + pick('early', row_no, 5000)) second)
        else at_zone(arrived_local) end end as arrived_at,
    case when status_code = 'DONE' then at_zone(arrived_local + interval (900 + pick('stay', row_no, 2600)) second) end as finished_at,
    status_code,
    case when status_code = 'DONE' and u('rated', row_no) < 0.55 then [5, 5, 5, 4, 4, 3, 2, 1][1 + pick('score', row_no, 8)] end as satisfaction_score,
    at_zone(least(case when status_code = 'DONE' then arrived_local + interval 2 hour else requested_local + interval 1 hour end,
        timestamp '{today}' + interval 86100 second)) as updated_at,
    u('deleted dispatch', row_no) < 0.002 as is_deleted
from faulty_elder_care_dispatch;
