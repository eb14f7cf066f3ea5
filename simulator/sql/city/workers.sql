create or replace table workers as
with adults as (
    select person_no, community_no, community_code, county_code, age_years,
        row_number() over (partition by community_no order by u('works here', person_no), person_no) as place
    from persons join communities using (community_no, county_code)
    where presence = 'resident' and id_type_code = '111' and age_years between 22 and 59
),
grid_places as (
    select g.grid_code, g.community_no, row_number() over (partition by g.community_no order by g.grid_place) as place
    from grids as g
),
sizes as (
    select community_no, count(*) as grids from grids group by community_no
),
posted as (
    select a.*, g.grid_code,
        case when g.grid_code is not null then 'GRID' when a.place <= s.grids + 5 then 'COMMUNITY'
            when a.place = s.grids + 6 then 'SOCIAL' else 'CARE' end as role_code
    from adults as a join sizes as s using (community_no)
    left join grid_places as g on g.community_no = a.community_no and g.place = a.place
    where a.place <= s.grids + 7
),
dated as (
    select row_number() over (order by community_no, place)::bigint as worker_no, * exclude (place),
        date '2026-06-30' - (20 + 3600 * u('joined', person_no))::int as joined_on
    from posted
)
select worker_no, person_no, role_code, community_no, community_code, county_code, grid_code, joined_on,
    case when u('left', worker_no) < 0.04 and joined_on < date '2026-01-01'
        then date '2026-01-01' + pick('left day', worker_no, 180)::int end as left_on,
    u('certified', worker_no) < 0.35 as has_certificate
from dated;
