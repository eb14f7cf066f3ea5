create or replace table safety_devices_patrol_sign as
select row_no, device_id, message_id, 'DK' || device_no || '-' || detail_no as sign_id,
    'XG' || county_code || lpad(device_no::varchar, 6, '0') as point_code,
    substr(md5('guard|' || county_code || '|' || pick('guard', row_no, 40)::varchar), 1, 24) as guard_token,
    case when u('abnormal', row_no) < 0.03 then 'ABNORMAL' else 'NORMAL' end as result_code, event_time, gateway_time
from sent_messages where topic = 'patrol_sign';
