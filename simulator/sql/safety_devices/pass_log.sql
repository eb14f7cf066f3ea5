create or replace table safety_devices_pass_log as
select row_no, device_id, message_id, case when u('direction', row_no) < 0.52 then 'IN' else 'OUT' end as direction_code,
    ['CARD', 'CARD', 'PHONE', 'PHONE', 'CODE'][1 + pick('credential', row_no, 5)] as credential_type_code,
    substr(md5(device_no::varchar || '|' || pick('holder', row_no, 90)::varchar), 1, 24) as credential_token,
    u('granted', row_no) < 0.97 as is_granted, event_time, gateway_time
from sent_messages where topic = 'pass_log';
