create or replace table safety_devices_device as
select m.row_no, m.device_id, m.message_id, m.device_type_code, d.name, h.community_code, h.grid_code,
    case when m.device_type_code in ('SMOKE', 'PANIC') then h.house_code end as house_code, h.longitude, h.latitude,
    timezone('Asia/Shanghai', case when m.detail_no = 9 then m.sent - interval 40 minute else d.installed_local end) as installed_at,
    m.heartbeat_interval_minutes, m.code as status_code, m.event_time, m.gateway_time
from sent_messages as m join devices as d using (device_no)
join houses as h on h.house_id = case when m.detail_no = 9
    then 1 + (d.house_id + 5) % (select max(house_id) from houses) else d.house_id end
where m.topic = 'device';
