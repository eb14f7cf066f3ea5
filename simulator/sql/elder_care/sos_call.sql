insert into plan_elder_care_sos_call
select row_no, 'copy', 'call_no', 'sos_call_duplicate' from rows_elder_care_sos_call where is_copy
union all
select row_no, 'zone', 'called_at', 'vendor_time_zone' from rows_elder_care_sos_call where vendor_code = 'YILIAN';

create or replace table elder_care_sos_call as
with answered as (
    select *, case when order_fault is not null then received_local - interval (60 + pick('before', row_no, 900)) second
        else answered_local end as answered_local_given
    from faulty_elder_care_sos_call
)
select row_no, result_code as true_result_code, is_copy, received_local, answered_local,
    'HJ' || strftime(received_local, '%y%m%d') || lpad(((row_no * 387420489 + 47) % 10000000000)::varchar, 10, '0') as call_no,
    terminal_no, elder_no, vendor_code, call_type_code,
    at_zone(received_local - interval (1 + pick('sent', row_no, 9)) second
        - case when vendor_code = 'YILIAN' then interval 8 hour else interval 0 hour end) as called_at,
    at_zone(received_local) as received_at, at_zone(answered_local_given) as answered_at,
    case when call_type_code = 'LOST' and answered_local is not null and u('found', row_no) < 0.94
        then at_zone(answered_local + interval (900 + pick('found', row_no, 40000)) second) end as found_at,
    case when test_fault is not null then 'VALID' else result_code end as result_code,
    case when result_code = 'TEST' then ['安装测试', '每月试机', '调试信号'][1 + pick('remark', row_no, 3)]
        when result_code = 'FALSE' then ['误触', '误按，已确认平安', '家属误报'][1 + pick('remark', row_no, 3)]
        when call_type_code = 'LOST' then '老人走失，家属求助' when call_type_code = 'FALL' then '跌倒，已联系家属'
        else ['身体不适', '求助送医', '家中停电求助', '忘带钥匙求助'][1 + pick('remark', row_no, 4)] end as remark,
    at_zone(least(received_local + interval (60 + pick('call changed', row_no, 50000)) second, timestamp '{today}' + interval 86000 second)) as updated_at,
    u('deleted call', row_no) < 0.002 as is_deleted
from answered;
