create or replace table grids as
with numbered as (
    select community_no, community_code, unnest(range(grids))::int + 1 as grid_place from communities
)
select community_code || lpad(grid_place::varchar, 3, '0') as grid_code, community_no, grid_place,
    community_code || lpad((50 + grid_place)::varchar, 3, '0') as former_grid_code
from numbered;
