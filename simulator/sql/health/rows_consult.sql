create or replace table rows_health_consult as
with requested as (
    select row_no, ehr_no, community_code,
        timestamp '{today}' - interval (1 + pick('consulted', row_no, 89)) day + interval (28800 + pick('consulted at', row_no, 30000)) second as requested_local
    from health_ehr_index where presence = 'resident' and copy_no = 0 and u('consulted', row_no) < 0.006
)
select *, requested_local + interval (3600 + pick('finished', row_no, 200000)) second as finished_local,
    case when u('held', row_no) < 0.06 then 'CANCELLED'
        when requested_local + interval (3600 + pick('finished', row_no, 200000)) second > timestamp '{today}' + interval 20 hour then 'REQUESTED'
        else 'DONE' end as status_code
from requested;
