create or replace table safety_devices_alarm as
select m.row_no, m.device_id, m.message_id, a.alarm_id, m.code as stage_code,
    case when m.code = 'CLOSED' then case when a.is_false then 'FALSE' else 'CONFIRMED' end end as verdict_code,
    a.kind_code, a.level_code, case when m.code = 'RAISED' then a.reading end as reading, m.event_time, m.gateway_time
from sent_messages as m join true_alarms as a on a.alarm_no = m.detail_no
where m.topic = 'alarm';
