create or replace table rows_grid_event_flow as
with cases as (
    select *, timestamp '{today}' + interval 1 day as horizon from grid_event
),
taken as (
    select row_no as event_row_no, 1 as place, 'ACCEPT' as step_code, 'GRID_CENTER' as handler_department_code,
        accepted_local as started_local, accepted_local + interval (60 + pick('flow accept', row_no, 600)) second as finished_local
    from cases
    union all
    select row_no, 2, 'DISPATCH', 'GRID_CENTER', accepted_local + interval 700 second,
        accepted_local + interval (760 + pick('flow dispatch', row_no, 400)) second from cases
    union all
    select row_no, 3, 'REROUTE', 'GRID_CENTER', accepted_local + interval 1200 second,
        accepted_local + interval (1260 + pick('flow reroute', row_no, 300)) second from cases where is_rerouted
    union all
    select row_no, 4, 'HANDLE', ['CG', 'WSJ', 'GA', 'ZJ', 'XZ'][1 + pick('flow department', row_no, 5)],
        accepted_local + interval 1700 second, case when is_ended then ended_local end from cases
    union all
    select row_no, 5, 'CLOSE', 'GRID_CENTER', ended_local - interval 120 second, ended_local from cases where is_ended
    union all
    select row_no, 6, 'REOPEN', 'GRID_CENTER', reopened_local, reopened_local + interval (60 + pick('flow reopen', row_no, 600)) second
    from cases where is_reopened
    union all
    select row_no, 7, 'CLOSE', 'GRID_CENTER', closed_again_local - interval 120 second, closed_again_local
    from cases where is_reopened and closed_again_local < horizon
)
select event_row_no * 8 + place as row_no, t.*,
    finished_local is not null and step_code <> 'HANDLE' as has_certain_end
from taken as t where started_local < timestamp '{today}' + interval 1 day;
