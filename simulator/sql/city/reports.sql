create or replace table incident_reports as
with again as (
    select incident_no from incidents where alarm_no is null
    order by u('again', incident_no), incident_no
    limit (select ceil(count(*) * {again_share})::bigint from incidents where alarm_no is null)
),
numbered as (
    select i.*, a.incident_no is not null as is_again,
        unnest(range(case when i.alarm_no is not null then (u('seen too', i.incident_no) < 0.3)::int
            when a.incident_no is null then 1 when u('thrice', i.incident_no) < 0.25 then 3 else 2 end)) as report_place
    from incidents as i left join again as a using (incident_no)
),
keyed as (
    select *, incident_no * 4 + report_place as report_no, report_place > 0 or alarm_no is not null as is_repeat from numbered
),
told as (
    select *, case when is_repeat and u('worded', report_no) < 0.35 then
                case kind_code when 'FIRE' then 'HELP' when 'INTRUSION' then 'DISPUTE' when 'DISPUTE' then 'NOISE'
                    when 'NOISE' then 'DISPUTE' when 'FACILITY' then 'OTHER' when 'ENVIRONMENT' then 'OTHER'
                    when 'TRAFFIC' then 'OTHER' when 'HELP' then 'OTHER' else 'ENVIRONMENT' end
            else kind_code end as told_kind_code,
        occurred_local + interval (case when is_repeat then 30 + pick('told', report_no, 2300)
            else 60 + pick('told', report_no, 60) end) second as reported_local,
        case when u('by', report_no) < 0.42 then 'PUBLIC' when u('by', report_no) < 0.65 then 'HOTLINE'
            when u('by', report_no) < 0.95 or is_repeat then 'PATROL' else 'SUPERIOR' end as channel_code,
        longitude + case when is_repeat then (u('rx', report_no) - 0.5) * 0.0042 else 0 end as told_longitude,
        latitude + case when is_repeat then (u('ry', report_no) - 0.5) * 0.0036 else 0 end as told_latitude
    from keyed
),
accepted as (
    select t.*, reported_local + interval (120 + pick('taken', report_no, 3600)) second as accepted_local,
        (channel_code in ('PUBLIC', 'HOTLINE') and u('named', report_no) < 0.8) as is_named,
        pick('reporter', report_no, (select count(*) from applicants)) as place
    from told as t
),
closing as (
    select a.*, p.person_no, p.family_house_id as reporter_house_id, c.working_place, due.day::timestamp + interval 63000 second as due_local,
        accepted_local + interval ((1800 + 5 * 86400 * pow(u('handled', report_no), 3))::bigint
            + case when u('overdue', report_no) < 0.05 then 800000 else 0 end) second as ended_local
    from accepted as a
    join calendar as c on c.day = a.accepted_local::date
    join working_days as due on due.working_place = c.working_place + 7
    left join applicants as p on p.place = case when a.is_named then a.place end
)
select *, ended_local < timestamp '{today}' + interval 1 day as is_ended,
    case when ended_local < timestamp '{today}' + interval 1 day then 'CLOSED' else 'HANDLING' end as status_code
from closing
where accepted_local < timestamp '{today}' + interval 1 day;
