create or replace table grid_patrol_plan as
select row_no, 'XJ' || strftime(planned_on, '%y%m%d') || lpad(worker_no::varchar, 6, '0') || point as plan_no,
    'WG' || lpad(worker_no::varchar, 6, '0') as worker_no, community_code, {grid_code} as grid_code, planned_on, checkpoint_name,
    longitude as checkpoint_longitude, latitude as checkpoint_latitude, at_zone(shift_start_local) as shift_start_at,
    at_zone(shift_end_local) as shift_end_at,
    at_zone((planned_on - 7)::timestamp + interval (28800 + pick('planned', worker_no, 30000)) second) as updated_at,
    grid_fault is null and u('plan cancelled', row_no) < 0.004 as is_deleted
from faulty_grid_patrol_plan;
