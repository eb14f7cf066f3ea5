create or replace table rows_grid_grid as
with shaped as (
    select g.*, c.county_code, c.community_code, c.community_label, c.longitude as c_longitude, c.latitude as c_latitude, c.grids,
        0.013 / c.grids as width, (c.households / c.grids)::int as households_count,
        u('cut again', g.grid_code) < 0.4 as is_cut_again
    from grids as g join communities as c using (community_no)
),
versions as (
    select *, 1 as version, former_grid_code as code, null as predecessor_grid_code,
        date '2024-01-01' as valid_from, date '2025-09-30' as valid_to, 0.0008 as shift from shaped
    union all
    select *, 2, grid_code, former_grid_code, date '2025-10-01',
        case when is_cut_again then date '2026-03-31' end, 0.0004 from shaped
    union all
    select *, 3, grid_code, grid_code, date '2026-04-01', null, 0 from shaped where is_cut_again
)
select (v.community_no::bigint * 1000 + v.grid_place) * 10 + version as row_no, v.*,
    round(c_longitude - 0.0065 + width * (grid_place - 1) - shift, 6) as west,
    round(c_longitude - 0.0065 + width * grid_place - shift, 6) as east,
    round(c_latitude - 0.0055 - shift, 6) as south, round(c_latitude + 0.0055 - shift, 6) as north,
    w.worker_no, exists (select 1 from versions as n where n.predecessor_grid_code = v.code) as has_successor
from versions as v left join workers as w on w.role_code = 'GRID' and w.grid_code = v.grid_code;
