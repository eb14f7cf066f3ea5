create or replace table safety_devices_patrol_point as
select m.row_no, m.device_id, m.message_id, 'XG' || d.county_code || lpad(m.device_no::varchar, 6, '0') as point_code, d.name,
    d.community_code, d.grid_code, d.longitude, d.latitude,
    (3 + 4 * u('patrolled', m.device_no))::int as visits_per_day, m.event_time, m.gateway_time
from sent_messages as m join devices as d using (device_no)
where m.topic = 'patrol_point';
