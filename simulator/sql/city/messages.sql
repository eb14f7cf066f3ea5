create or replace table true_messages as
with registered as (
    select device_no, 'device' as topic, timestamp '{first_day}' + interval (beat_second // 4) second as sent, 0 as detail_no,
        'ACTIVE' as code
    from devices
    union all
    select device_no, 'device', starts, 1, 'MAINTENANCE' from silences where kind = 'MAINTENANCE'
    union all
    select device_no, 'device', ends, 2, 'ACTIVE' from silences where kind = 'MAINTENANCE'
),
beats as (
    select device_no, 'heartbeat' as topic,
        timestamp '{first_day}' + interval (beat_second + 3600 * unnest(range(24 * {days}))) second as sent,
        unnest(range(24 * {days})) as detail_no, null as code
    from devices
),
passing as (
    select device_no, unnest(range((4 + 40 * u('busy', device_no))::int * {days})) as detail_no
    from devices where device_type_code = 'ACCESS'
),
passes as (
    select device_no, 'pass_log' as topic,
        timestamp '{first_day}' + interval (pick('pass day', device_no * 100000 + detail_no, {days}) * 86400
            + ([7, 8, 11, 12, 17, 18, 20, 6, 15][1 + pick('pass hour', device_no * 100000 + detail_no, 9)] * 3600
                + pick('pass second', device_no * 100000 + detail_no, 5400))) second as sent,
        detail_no, null as code
    from passing
),
alarms as (
    select device_no, 'alarm' as topic, raised_local as sent, alarm_no as detail_no, 'RAISED' as code from true_alarms
    union all
    select device_no, 'alarm', acknowledged_local, alarm_no, 'ACKNOWLEDGED' from true_alarms
    where not is_neglected and not is_storm
    union all
    select device_no, 'alarm', closed_local, alarm_no, 'CLOSED' from true_alarms where not is_neglected
),
frequent as (
    select device_no, case device_type_code when 'CAMERA' then 'video_alarm' when 'INTERCOM' then 'visitor_call'
            else 'patrol_sign' end as topic,
        unnest(range((case device_type_code when 'CAMERA' then 1 + 4 * u('watchful', device_no)
            when 'INTERCOM' then 5 + 20 * u('visited', device_no) else 3 + 4 * u('patrolled', device_no) end)::int * {days}))
            as detail_no
    from devices where device_type_code in ('CAMERA', 'INTERCOM', 'PATROL')
),
seen as (
    select device_no, topic, timestamp '{first_day}'
            + interval (pick('seen at', device_no * 100000 + detail_no, {days} * 86400 - 60)) second as sent,
        detail_no, null as code
    from frequent
),
points as (
    select device_no, 'patrol_point' as topic, timestamp '{first_day}' + interval (beat_second // 4 + 2) second as sent,
        0 as detail_no, 'ACTIVE' as code
    from devices where device_type_code = 'PATROL'
),
everything as (
    select * from registered union all select * from beats union all select * from passes union all select * from alarms
    union all select * from seen union all select * from points
),
heard as (
    select e.* from everything as e
    where e.sent < timestamp '{today}' + interval 1 day
        and (e.topic in ('device', 'alarm', 'patrol_point') or not exists (
            select 1 from silences as s where s.device_no = e.device_no and e.sent > s.starts and e.sent < s.ends))
)
select row_number() over (order by device_no, sent, topic, detail_no, code) as row_no, device_no, topic, sent, detail_no, code,
    pick('first message', device_no, 5000)
        + row_number() over (partition by device_no order by sent, topic, detail_no, code) as message_id
from heard;
