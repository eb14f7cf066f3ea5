create or replace table affairs_visit as
with going as (
    select row_no, county_code, case_no, 1 as place, accepted_local as visited_local, 'SUBMIT' as purpose_code
    from affairs_case where case_type_code = 'SERVICE' and (channel_code in ('WINDOW', 'KIOSK') or u('ran', row_no) < 0.06)
    union all
    select row_no, county_code, case_no, 2, least(resumed_local, ended_local), 'SUPPLEMENT'
    from affairs_case where has_supplement and u('brought', row_no) < 0.6
    union all
    select row_no, county_code, case_no, 3, ended_local + interval (3600 + pick('fetch', row_no, 90000)) second, 'COLLECT'
    from affairs_case where case_type_code = 'SERVICE' and status_code = 'CLOSED'
        and u('fetched', row_no) < case channel_code when 'WINDOW' then 0.24 else 0.05 end
)
select row_no * 4 + place as row_no, 'DC' || lpad(((row_no * 4 + place) * 387420489 % 1000000000000)::varchar, 12, '0') as visit_id,
    county_code, case_no, at_zone(visited_local) as visited_at,
    case when u('hall', row_no) < 0.6 then 'COMMUNITY' when u('hall', row_no) < 0.9 then 'TOWN' else 'COUNTY' end as place_code,
    purpose_code, at_zone(visited_local + interval 5 second) as updated_at, false as is_deleted
from going where visited_local < timestamp '{today}' + interval 86390 second;
