{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="differences",
    on_schema_change="sync_all_columns",
    unique_key="grid_code",
) }}

with

-- The standard address register is authoritative for grids: a grid exists if an address lies in it.
addresses as (

    select * from {{ ref("stg_population__std_addrs") }}
    where not is_deleted and {{ is_grid_code("grid_code") }}

),

communities as (

    select * from {{ ref("dim_communities") }}

),

-- The grid platform knows the predecessor from which a grid was split.
registered as (

    select
        grid_code,
        predecessor_grid_code,
        valid_from,
        row_number() over (partition by grid_code order by valid_from desc, version_number desc) as register_rank
    from {{ ref("stg_grid__grid_versions") }}
    where is_current

),

grids as (

    select
        grid_code,
        substr(grid_code, 1, 12) as community_code,
        cast(substr(grid_code, 13, 3) as integer) as grid_number,
        count(*) as address_count,
        -- Decimals: the sum of floating-point degrees would depend on the order in which threads
        -- add them.
        cast(sum(cast(longitude as decimal(12, 6))) as double) / count(longitude) as longitude,
        cast(sum(cast(latitude as decimal(12, 6))) as double) / count(latitude) as latitude
    from addresses
    group by grid_code

)

select
    grids.grid_code,
    communities.community_name || '第' || cast(grids.grid_number as {{ dbt.type_string() }}) || '网格' as grid_name,
    grids.community_code,
    communities.town_code,
    communities.county_code,
    communities.city_code,
    grids.grid_number,
    -- Parks, schools and hospitals have dedicated grids, numbered from 900.
    grids.grid_number >= 900 as is_dedicated,
    registered.predecessor_grid_code,
    registered.valid_from as established_on,
    grids.address_count,
    {{ rounded("grids.longitude", 6) }} as longitude,
    {{ rounded("grids.latitude", 6) }} as latitude
from grids
inner join communities
    on grids.community_code = communities.community_code
left join registered
    on grids.grid_code = registered.grid_code and registered.register_rank = 1
