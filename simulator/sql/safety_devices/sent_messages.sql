create or replace table sent_messages as
with wide as (
    select row_no, max(dirt_type) filter (fault_group = 'arrival') as arrival_fault,
        max(dirt_type) filter (fault_group = 'clock') as clock_fault,
        max(dirt_type) filter (fault_group = 'body') as body_fault,
        max(dirt_type) filter (fault_group = 'copy') as copy_fault
    from plan_message group by row_no
),
timed as (
    select m.*, w.* exclude (row_no), f.is_skewed, f.is_replaced,
        m.sent + interval (case arrival_fault
            when 'message_very_late' then (73 * 3600 + pick('very late', m.row_no, 22 * 3600)) * 1000
            when 'message_late' then (660 + pick('late', m.row_no, 71 * 3600)) * 1000
            when 'message_out_of_order' then (30 + pick('order', m.row_no, 560)) * 1000
            else 200 + pick('latency', m.row_no, 1500) end) millisecond as arrived_local,
        case clock_fault
            when 'clock_1970' then timestamp '1970-01-01 08:00:00' + interval (pick('epoch', m.row_no, 900000)) second
            when 'clock_future' then m.sent + interval (3600 * (7 + pick('future', m.row_no, 9000))) second
            else m.sent + interval (case when f.is_skewed then skew_seconds else 0 end) second end as told_local
    from device_messages as m left join wide as w using (row_no) join device_faults as f using (device_no)
)
select t.*, case when body_fault = 'unknown_device'
        then substr(d.device_id, 1, 14) || lpad((900000 + t.device_no)::varchar, 6, '0') else d.device_id end as device_id,
    d.device_type_code, d.county_code, d.heartbeat_interval_minutes,
    timezone('Asia/Shanghai', told_local) as event_time, timezone('Asia/Shanghai', arrived_local) as gateway_time
from timed as t join devices as d using (device_no);
