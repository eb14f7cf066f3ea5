create or replace table safety_devices_video_alarm as
select m.row_no, m.device_id, m.message_id,
    m.device_id || '02' || strftime(m.sent, '%Y%m%d%H%M%S') || lpad((m.detail_no % 100000)::varchar, 5, '0') as reference_id,
    ['FIRE_LANE', 'FIRE_LANE', 'EBIKE_LIFT', 'EBIKE_LIFT', 'CROWD', 'FALL', 'THROWN_OBJECT', 'INTRUSION']
        [1 + pick('seen kind', m.row_no, 8)] as kind_code,
    round(0.55 + 0.44 * u('confidence', m.row_no), 2) as confidence, null::varchar as alarm_id, m.event_time, m.gateway_time
from sent_messages as m
where m.topic = 'video_alarm';
