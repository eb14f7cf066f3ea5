create or replace table grid_reports as
with known_elsewhere as (
    select distinct i.* from incidents as i join incident_reports as r using (incident_no) where i.alarm_no is null
),
shared as (
    select incident_id, house_id, occurred_local, kind_code, county_code, community_code, grid_code, longitude, latitude,
        true as is_shared, false as is_second
    from known_elsewhere order by u('shared', incident_no), incident_no
    limit (select ceil({shared} * ((select count(*) from incidents) + (select count(*) from grid_incidents)))::bigint)
),
own as (
    select incident_id, house_id, occurred_local, kind_code, county_code, community_code, grid_code, longitude, latitude,
        false as is_shared, unnest(case when u('told twice', incident_no) < {again} then [false, true] else [false] end) as is_second
    from grid_incidents
),
numbered as (
    select *, row_number() over (order by incident_id, is_second) as report_no, is_shared or is_second as is_repeat
    from (select * from shared union all select * from own)
),
told as (
    select *, case when is_repeat and u('grid worded', report_no) < 0.35 then
                case kind_code when 'FIRE' then 'HELP' when 'INTRUSION' then 'DISPUTE' when 'DISPUTE' then 'NOISE'
                    when 'NOISE' then 'DISPUTE' when 'HELP' then 'OTHER' when 'OTHER' then 'ENVIRONMENT' else 'OTHER' end
            else kind_code end as told_kind_code,
        occurred_local + interval (case when is_repeat then 130 + pick('grid told', report_no, 2200)
            else 60 + pick('grid told', report_no, 60) end) second as reported_local,
        round(longitude + case when is_repeat then (u('grid rx', report_no) - 0.5) * 0.0036 else 0 end, 6) as told_longitude,
        round(latitude + case when is_repeat then (u('grid ry', report_no) - 0.5) * 0.0032 else 0 end, 6) as told_latitude,
        case when is_repeat and u('grid by', report_no) < 0.5 then 'PUBLIC'
            when is_repeat and u('grid by', report_no) < 0.7 then 'HOTLINE'
            when u('grid by', report_no) < 0.75 then 'PATROL' when u('grid by', report_no) < 0.88 then 'PUBLIC'
            when u('grid by', report_no) < 0.94 then 'HOTLINE' when u('grid by', report_no) < 0.97 then 'SUPERIOR'
            else 'SENSOR' end as source_code,
        case when u('grid named', report_no) < 0.7
            then pick('grid reporter', report_no, (select count(*) from applicants)) end as applicant_place
    from numbered
)
select t.* exclude (applicant_place), a.person_no as reporter_person_no, w.worker_no as reporter_worker_no
from told as t
left join workers as w on w.role_code = 'GRID' and w.grid_code = case when t.source_code = 'PATROL' then t.grid_code end
left join applicants as a on a.place = case when t.source_code in ('PUBLIC', 'HOTLINE') then t.applicant_place end
where t.reported_local < timestamp '{today}' + interval 85000 second;
