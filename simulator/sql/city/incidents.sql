create or replace table incidents as
with civic as (
    select 'C' || serial as incident_id, serial as incident_no, 1 + pick('incident house', serial, (select count(*) from houses)) as house_id,
        timestamp '{first_day}' + interval (pick('incident at', serial,
            date_diff('second', timestamp '{first_day}', timestamp '{today}' + interval 1 day) - 9000)) second as occurred_local,
        case when u('incident kind', serial) < 0.24 then 'ENVIRONMENT' when u('incident kind', serial) < 0.42 then 'FACILITY'
            when u('incident kind', serial) < 0.58 then 'DISPUTE' when u('incident kind', serial) < 0.70 then 'NOISE'
            when u('incident kind', serial) < 0.80 then 'HELP' when u('incident kind', serial) < 0.91 then 'TRAFFIC'
            when u('incident kind', serial) < 0.93 then 'FIRE' when u('incident kind', serial) < 0.95 then 'INTRUSION'
            else 'OTHER' end as kind_code,
        null::bigint as alarm_no
    from range(1, {incidents} + 1) as t(serial)
),
sensed as (
    select 'A' || alarm_no, {incidents} + row_number() over (order by alarm_no), house_id, raised_local,
        case kind_code when 'PANIC' then 'HELP' when 'FORCED_DOOR' then 'INTRUSION' else kind_code end, alarm_no
    from true_alarms where not is_false and not is_neglected
)
select i.*, h.county_code, h.community_code, h.grid_code, h.community_label,
    h.longitude + (u('x', incident_no) - 0.5) * 0.002 as longitude, h.latitude + (u('y', incident_no) - 0.5) * 0.002 as latitude
from (select * from civic union all select * from sensed) as i join houses as h using (house_id);
