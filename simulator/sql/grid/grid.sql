create or replace table grid_grid as
select row_no, code as grid_code, valid_from, case when history_fault is null then valid_to end as valid_to,
    community_label || '第' || grid_place || '网格' as grid_name, 'BASIC' as grid_type_code, county_code, community_code,
    case when boundary_fault is null then
        format('POLYGON(({{0}} {{2}}, {{1}} {{2}}, {{1}} {{3}}, {{0}} {{3}}, {{0}} {{2}}))', west, east, south, north) end as boundary_wkt,
    round((west + east) / 2, 6) as center_longitude, round((south + north) / 2, 6) as center_latitude,
    households_count, 'WG' || lpad(worker_no::varchar, 6, '0') as worker_no, predecessor_grid_code,
    at_zone(coalesce(case when valid_to < date '2026-06-30' then valid_to end, valid_from)::timestamp
        + interval (32400 + pick('grid edited', row_no, 86400 * 60)) second) as updated_at,
    false as is_deleted
from faulty_grid_grid;
