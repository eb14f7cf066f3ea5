create or replace table storms as
select device_no, timestamp '{first_day}' + interval (pick('storm', device_no, {days} * 86400 - 14400)) second as starts,
    200 + pick('storm size', device_no, case when {devices} < 600 then 300 else 1800 end) as alarms
from devices where device_type_code in ('SMOKE', 'PERIMETER')
order by u('stormy', device_no) limit {storms};

create or replace table true_alarms as
with counted as (
    select *, (case device_type_code when 'PERIMETER' then 0.35 when 'SMOKE' then 0.15 when 'PANIC' then 0.12
        when 'ACCESS' then 0.06 else 0 end * {days} * 2 * u('alarms', device_no))::int as alarms from devices
),
ordinary as (
    select device_no, unnest(range(alarms)) as place, false as is_storm,
        timestamp '{first_day}' + interval (pick('alarm at', device_no * 1000 + unnest(range(alarms)), {days} * 86400 - 60)) second
            as raised_local
    from counted
),
stormy as (
    select device_no, 500 + unnest(range(alarms)) as place, true as is_storm,
        starts + interval (pick('storm at', device_no * 10000 + unnest(range(alarms)), 3600)) second as raised_local
    from storms
),
both_kinds as (
    select *, device_no * 10000 + place as alarm_no from (select * from ordinary union all select * from stormy)
),
judged as (
    select b.*, is_storm or u('false', alarm_no) < 0.63 as is_false,
        raised_local + interval ((case when is_storm then 1800 else 15 end
            + 240 * -ln(1 - 0.999 * u('acknowledged', alarm_no)))::bigint) second as acknowledged_local,
        (case when is_storm then 1800 else 180 end + 2400 * -ln(1 - 0.999 * u('closed', alarm_no)))::bigint as handling_seconds,
        u('neglected', alarm_no) < 0.03 as is_neglected
    from both_kinds as b
)
select j.*, d.device_type_code, d.house_id, acknowledged_local + interval (handling_seconds) second as closed_local,
    case d.device_type_code when 'SMOKE' then 'FIRE' when 'PERIMETER' then 'INTRUSION' when 'PANIC' then 'PANIC'
        else 'FORCED_DOOR' end as kind_code,
    case when u('level', alarm_no) < 0.02 then '02' when u('level', alarm_no) < 0.15 then '03' else '04' end as level_code,
    'BJ' || strftime(raised_local, '%y%m%d') || lpad(((alarm_no * 387420489 + 19) % 1000000000)::varchar, 9, '0') as alarm_id,
    case when d.device_type_code = 'SMOKE' then round(case when is_false then 24 + 16 * u('reading', alarm_no)
        else 55 + 40 * u('reading', alarm_no) end, 1) end as reading
from judged as j join devices as d using (device_no);
