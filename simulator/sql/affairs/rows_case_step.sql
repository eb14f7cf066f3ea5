create or replace table rows_case_step as
with cases as (
    select *, timestamp '{today}' + interval 1 day as horizon from affairs_case
),
taken as (
    select row_no as case_row_no, 1 as place, 'ACCEPT' as step_code, accepted_local as started_local,
        accepted_local + interval (60 + pick('accepting', row_no, 900)) second as finished_local from cases
    union all
    select row_no, 2, 'ASSIGN', accepted_local + interval 900 second,
        accepted_local + interval (960 + pick('assigning', row_no, 1800)) second from cases where case_type_code = 'INCIDENT'
    union all
    select row_no, 3, case when has_supplement then 'SUPPLEMENT' else 'SPECIAL' end,
        accepted_local + interval (1200 + pick('pausing', row_no, 3600)) second,
        case when resumed_local < horizon then resumed_local end
    from cases where resumed_local is not null and accepted_local + interval 4900 second < horizon
    union all
    select row_no, 4, 'HANDLE', coalesce(case when resumed_local < horizon then resumed_local end, accepted_local + interval 200 second),
        ended_local from cases where resumed_local is null or resumed_local < horizon
    union all
    select row_no, 5, 'CLOSE', greatest(ended_local - interval 60 second, accepted_local), ended_local from cases
    where ended_local is not null
    union all
    select row_no, 6, 'REOPEN', ended_local + interval (3600 + pick('reopening', row_no, 40000)) second, null
    from cases where reopen_fault is not null
    union all
    select row_no, 7, 'CLOSE', closed_local - interval 60 second, closed_local
    from cases where reopen_fault is not null and closed_local > ended_local
)
select case_row_no * 8 + place as row_no, *, null::bigint as home_house_id
from taken where started_local < timestamp '{today}' + interval 1 day;
