create or replace table grid_event_flow as
select f.row_no, 'LZ' || lpad(((f.row_no * 387420489 + 5) % 1000000000000)::varchar, 12, '0') as flow_no, e.event_no, f.step_code,
    f.handler_department_code, at_zone(f.started_local) as started_at,
    case when f.time_fault is null then at_zone(f.finished_local) end as finished_at,
    at_zone(least(coalesce(f.finished_local, f.started_local) + interval (5 + pick('flow', f.row_no, 600)) second,
        timestamp '{today}' + interval 86399 second)) as updated_at,
    false as is_deleted
from faulty_grid_event_flow as f join grid_event as e on e.row_no = f.event_row_no;
