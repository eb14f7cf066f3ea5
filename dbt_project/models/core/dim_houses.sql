{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="differences",
    on_schema_change="sync_all_columns",
    unique_key="house_code",
) }}

with

houses as (

    select * from {{ ref("stg_population__houses") }}
    where not is_deleted

),

addresses as (

    select * from {{ ref("stg_population__std_addrs") }}
    where not is_deleted

),

grids as (

    select * from {{ ref("dim_grids") }}

),

communities as (

    select * from {{ ref("dim_communities") }}

),

buildings as (

    select * from {{ ref("dim_buildings") }}

),

-- A house's location comes from its standard address, its own code and the register's columns, in
-- this order of trust: one house in fifty is registered under a neighbouring community.
located as (

    select
        houses.*,
        addresses.full_address,
        addresses.floor as address_floor,
        addresses.grid_code as address_grid_code,
        coalesce(
            by_address.community_code, by_code.community_code, by_register.community_code
        ) as resolved_community_code
    from houses
    left join addresses
        on houses.std_addr_id = addresses.std_addr_id
    left join communities as by_address
        on addresses.community_code = by_address.community_code
    left join communities as by_code
        on substr(houses.house_code, 1, 12) = by_code.community_code
    left join communities as by_register
        on houses.community_code = by_register.community_code

),

gridded as (

    select
        located.*,
        buildings.building_id,
        buildings.building_code,
        coalesce(by_address.grid_code, buildings.grid_code, by_register.grid_code) as resolved_grid_code,
        case
            when by_address.grid_code is not null then 'std_addr'
            when buildings.grid_code is not null then 'building'
            when by_register.grid_code is not null then 'house'
        end as grid_source
    from located
    left join buildings
        on
            {{ building_code_of_house("located.house_code") }} = buildings.building_code
            and located.resolved_community_code = buildings.community_code
    left join grids as by_address
        on
            located.address_grid_code = by_address.grid_code
            and located.resolved_community_code = by_address.community_code
    left join grids as by_register
        on
            located.grid_code = by_register.grid_code
            and located.resolved_community_code = by_register.community_code

),

final as (

    select
        {{ surrogate_id("H", "house_code") }} as house_id,
        house_code,
        building_id,
        building_code,
        std_addr_id,
        resolved_community_code as community_code,
        community_code as registered_community_code,
        resolved_grid_code as grid_code,
        grid_code as registered_grid_code,
        grid_source,
        resolved_grid_code is not null as is_grid_valid,
        coalesce(full_address, address) as address,
        coalesce(building_standard, address_building) as building_number,
        coalesce(unit_standard, address_unit) as unit_number,
        coalesce(room_standard, address_room) as room_number,
        usage_code,
        area_square_meters,
        is_rented,
        longitude,
        latitude,
        status_code,
        status_code = '1' as is_active
    from gridded

)

select * from final
