create or replace table service_cases as
with chosen as (
    select serial, (pow(u('who', serial), 1.6) * (select count(*) from applicants))::bigint as place,
        draw('item_codes', 'item', serial) as item_code,
        1 + pick('working day', serial, (select count(*) from working_days
            where day between date '{first_day}' and date '{today}')) as day_place,
        case when u('channel', serial) < 0.52 then 'WINDOW' when u('channel', serial) < 0.70 then 'ONLINE'
            when u('channel', serial) < 0.92 then 'MOBILE' else 'KIOSK' end as channel_code,
        u('outcome', serial) as outcome, u('supplement', serial) < 0.07 as has_supplement, u('special', serial) < 0.01 as has_special
    from range(1, {services} + 1) as t(serial)
),
days as (
    select day, working_place, row_number() over (order by day) as day_place
    from working_days where day between date '{first_day}' and date '{today}'
),
accepted as (
    select c.*, a.person_no, a.family_house_id as house_id, i.time_limit_working_days as limit_days, i.department_code,
        d.working_place, i.item_name,
        d.day::timestamp + interval (30600 + pick('accepted', serial, 30000)) second as accepted_local
    from chosen as c join applicants as a using (place) join items as i using (item_code) join days as d using (day_place)
),
planned as (
    select *,
        case when has_supplement then 1 + pick('paused', serial, 6) when has_special then 5 + pick('paused', serial, 10)
            else 0 end as paused_days,
        case when u('late', serial) < 0.05 then limit_days + 1 + pick('overdue', serial, 6)
            else (limit_days * pow(u('speed', serial), 1.3))::int end as worked_days
    from accepted
),
dated as (
    select p.*, due.day::timestamp + interval 63000 second as due_local,
        pause_end.day::timestamp + interval (30600 + pick('resumed', serial, 20000)) second as resumed_local,
        case when p.worked_days + p.paused_days = 0
            then accepted_local + interval (300 + pick('quick', serial, 5000)) second
            else finish.day::timestamp + interval (31000 + pick('finished', serial, 30000)) second end as finished_local
    from planned as p
    join working_days as due on due.working_place = p.working_place + p.limit_days
    left join working_days as pause_end
        on p.paused_days > 0 and pause_end.working_place = p.working_place + p.paused_days
    join working_days as finish on finish.working_place = p.working_place + p.worked_days + p.paused_days
),
ended as (
    select *, case when outcome < 0.02 then 'WITHDRAWN' when outcome < 0.03 then 'REJECTED' else 'CLOSED' end as final_status,
        case when outcome < 0.03 then accepted_local + interval (3600 + pick('ended', serial, 90000)) second
            else greatest(finished_local, resumed_local + interval 10 minute, accepted_local + interval 5 minute) end as ended_local
    from dated
)
select * exclude (outcome, finished_local, place, day_place),
    ended_local < timestamp '{today}' + interval 1 day as is_ended,
    case when ended_local < timestamp '{today}' + interval 1 day then final_status
        when resumed_local >= timestamp '{today}' + interval 1 day and has_supplement then 'SUPPLEMENT'
        else 'HANDLING' end as status_code
from ended;
