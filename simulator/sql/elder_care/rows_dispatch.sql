create or replace table rows_elder_care_dispatch as
with urgent as (
    select call_no, elder_no, 'EMERGENCY' as service_code, answered_local + interval (30 + pick('sent out', row_no, 240)) second as requested_local,
        30 as promised_minutes, 0.92 as promptness
    from elder_care_sos_call
    where true_result_code = 'VALID' and not is_copy and answered_local is not null and u('sent out', row_no) < 0.8
),
planned as (
    select null as call_no, elder_no, ['MEAL', 'MEAL', 'CLEANING', 'ESCORT', 'BATH'][1 + pick('service', row_no, 5)] as service_code,
        timestamp '{today}' - interval (1 + pick('service day', row_no, 89)) day + interval (28800 + pick('service hour', row_no, 28000)) second
            as requested_local,
        720 + 720 * pick('promise', row_no, 4) as promised_minutes, 0.86 as promptness
    from elder_care_elder where presence = 'resident' and u('served', row_no) < 0.6
),
numbered as (
    select *, row_number() over (order by requested_local, elder_no) as row_no from (select * from urgent union all select * from planned)
),
gone as (
    select *, requested_local + interval (promised_minutes) minute as promised_local,
        requested_local + interval (((case when u('prompt', row_no) < promptness then 0.2 + 0.75 * u('way', row_no) else 1.05 + 1.5 * u('way', row_no) end)
            * promised_minutes * 60)::bigint) second as arrived_local,
        u('called off', row_no) < 0.04 as is_cancelled
    from numbered
)
select *, case when is_cancelled then 'CANCELLED' when arrived_local + interval 1 hour > timestamp '{today}' + interval 23 hour then 'GOING'
    else 'DONE' end as status_code
from gone;
