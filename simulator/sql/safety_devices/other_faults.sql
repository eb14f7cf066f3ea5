insert into plan_message
select row_no, 'skew', 'event_time', 'clock_skew' from sent_messages where is_skewed and clock_fault is null
union all
select row_no, 'reuse', 'device_id', 'device_id_reused' from sent_messages where topic = 'device' and detail_no = 9
union all
select row_no, 'replay', 'message_id', 'message_replay' from replayed_messages
union all
select m.row_no, 'storm', 'alarm_id', 'alarm_storm' from sent_messages as m
    join true_alarms as a on m.topic = 'alarm' and a.alarm_no = m.detail_no where a.is_storm
union all
select m.row_no, 'false', 'verdict_code', 'false_alarm' from sent_messages as m
    join true_alarms as a on m.topic = 'alarm' and a.alarm_no = m.detail_no where a.is_false and m.code = 'CLOSED';
