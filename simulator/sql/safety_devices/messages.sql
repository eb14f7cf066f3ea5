create or replace table safety_devices_messages as
with bodies as ({payloads}),
goings as (
    select row_no, arrived_local as going_local, 0 as copy_no from sent_messages
    union all
    select row_no, arrived_local + interval (500 + pick('copy', row_no, 90000)) millisecond, 1 from sent_messages
    where copy_fault = 'message_duplicate'
    union all
    select row_no, again_local, 2 from replayed_messages
)
select row_number() over (order by g.going_local, g.row_no, g.copy_no) as publish_order,
    'city/' || m.county_code || '/' || m.device_id || '/' || m.topic as topic,
    case when m.body_fault = 'malformed_json' then substr(b.payload, 1, (length(b.payload) * (0.3 + 0.5 * u('cut', m.row_no)))::int)
        else b.payload end as payload,
    1 as quality_of_service, m.topic in ('device', 'patrol_point') as retained
from goings as g join sent_messages as m using (row_no) join bodies as b using (row_no);
