create or replace table device_faults as
select device_no,
    row_number() over (order by u('skewed', device_no)) <= ceil(count(*) over () * {skewed}) as is_skewed,
    row_number() over (order by u('replaced', device_no)) <= ceil(count(*) over () * {reused}) as is_replaced,
    (case when u('skew sign', device_no) < 0.5 then -1 else 1 end)
        * (400 + pick('skew', device_no, 6700)) as skew_seconds
from devices;

create or replace table device_messages as
with replaced as (
    select m.device_no, max(message_id) + 1 as message_id, max(row_no) as last_row_no,
        max(sent) filter (topic = 'heartbeat') + interval 1 second as sent
    from true_messages as m join device_faults as f using (device_no) where f.is_replaced group by m.device_no
),
everything as (
    select row_no * 2 as row_no, device_no, topic, sent, detail_no, code, message_id from true_messages
    union all
    select last_row_no * 2 + 1, device_no, 'device', sent, 9, 'ACTIVE', message_id from replaced
)
select *, timestamp '{today}' + interval 1 day as horizon from everything;
