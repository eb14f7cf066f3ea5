{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="differences",
    on_schema_change="sync_all_columns",
    unique_key="building_code",
) }}

with

addressed as (

    select * from {{ ref("int_houses_addressed") }}

),

registered as (

    select * from {{ ref("stg_population__houses") }}
    where not is_deleted

),

managed as (

    select
        *,
        row_number() over (partition by building_code order by updated_at desc, building_id) as building_rank
    from {{ ref("stg_property__buildings") }}
    where not is_deleted and building_code is not null

),

grids as (

    select * from {{ ref("dim_grids") }}

),

communities as (

    select * from {{ ref("dim_communities") }}

),

-- A building exists if the address register or the house register lists a house in it.
houses as (

    select
        coalesce(addressed.house_code, registered.house_code) as house_code,
        {{ building_code_of_house("coalesce(addressed.house_code, registered.house_code)") }} as building_code,
        addressed.address_road,
        addressed.address_estate,
        addressed.address_building,
        addressed.address_unit,
        addressed.address_floor,
        grids.grid_code,
        coalesce(addressed.longitude, registered.longitude) as longitude,
        coalesce(addressed.latitude, registered.latitude) as latitude
    from addressed
    full outer join registered
        on addressed.house_code = registered.house_code
    left join grids
        on
            coalesce(addressed.grid_code, registered.grid_code) = grids.grid_code
            and substr(coalesce(addressed.house_code, registered.house_code), 1, 12) = grids.community_code

),

-- The grid in which most of its houses lie; grid borders follow buildings.
building_grids as (

    select
        building_code,
        grid_code,
        row_number() over (partition by building_code order by count(*) desc, grid_code) as grid_rank
    from houses
    where grid_code is not null
    group by building_code, grid_code

),

gathered as (

    select
        building_code,
        substr(building_code, 1, 12) as community_code,
        min(address_road) as road,
        min(address_estate) as estate_name,
        min(address_building) as building_number,
        count(distinct address_unit) as unit_count,
        max(try_cast(address_floor as integer)) as floor_count,
        count(*) as house_count,
        -- Decimals: the sum of floating-point degrees would depend on the order in which threads
        -- add them.
        cast(sum(cast(longitude as decimal(12, 6))) as double) / count(longitude) as longitude,
        cast(sum(cast(latitude as decimal(12, 6))) as double) / count(latitude) as latitude
    from houses
    where building_code is not null
    group by building_code

)

select
    {{ surrogate_id("B", "gathered.building_code") }} as building_id,
    gathered.building_code,
    communities.community_code,
    building_grids.grid_code,
    gathered.road,
    gathered.estate_name,
    gathered.building_number,
    managed.building_id as property_building_id,
    gathered.unit_count,
    gathered.floor_count,
    gathered.house_count,
    {{ rounded("gathered.longitude", 6) }} as longitude,
    {{ rounded("gathered.latitude", 6) }} as latitude
from gathered
left join communities
    on gathered.community_code = communities.community_code
left join building_grids
    on gathered.building_code = building_grids.building_code and building_grids.grid_rank = 1
left join managed
    on gathered.building_code = managed.building_code and managed.building_rank = 1
