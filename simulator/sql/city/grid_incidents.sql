create or replace table grid_incidents as
with found as (
    select serial as incident_no, 'G' || serial as incident_id,
        1 + pick('grid incident house', serial, (select count(*) from houses)) as house_id,
        timestamp '{first_day}' + interval (pick('grid incident at', serial,
            date_diff('second', timestamp '{first_day}', timestamp '{today}' + interval 1 day) - 9000)) second as occurred_local,
        case when u('grid incident kind', serial) < 0.30 then 'ENVIRONMENT' when u('grid incident kind', serial) < 0.50 then 'FACILITY'
            when u('grid incident kind', serial) < 0.64 then 'DISPUTE' when u('grid incident kind', serial) < 0.71 then 'NOISE'
            when u('grid incident kind', serial) < 0.82 then 'HELP' when u('grid incident kind', serial) < 0.92 then 'TRAFFIC'
            when u('grid incident kind', serial) < 0.95 then 'FIRE' when u('grid incident kind', serial) < 0.96 then 'INTRUSION'
            else 'OTHER' end as kind_code
    from range(1, 1 + greatest(60, round({per_resident} * (
        select count(*) from persons where presence = 'resident'))::bigint)) as t(serial)
)
select f.*, h.county_code, h.community_code, h.grid_code,
    h.longitude + (u('grid x', incident_no) - 0.5) * 0.002 as longitude,
    h.latitude + (u('grid y', incident_no) - 0.5) * 0.002 as latitude
from found as f join houses as h using (house_id);
