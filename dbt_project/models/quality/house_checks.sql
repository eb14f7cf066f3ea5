{{ config(materialized="ephemeral") }}

{#- Findings about a house from registers other than its own row. -#}
with

houses as (

    select * from {{ ref("stg_population__houses") }}

),

addresses as (

    select * from {{ ref("int_houses_addressed") }}

),

grids as (

    select distinct grid_code
    from addresses
    where {{ is_grid_assigned("grid_code") }}

),

local_residents as (

    select * from {{ ref("stg_population__hj_persons") }}
    where not is_deleted and status_code = '1'

),

-- Where most of a registered household live: one member's outdated address does not make a tenant.
household_homes as (

    select
        hukou_no,
        residence_house_code as house_code
    from (
        select
            hukou_no,
            residence_house_code,
            row_number() over (
                partition by hukou_no order by count(*) desc, max(updated_at) desc, residence_house_code
            ) as home_rank
        from local_residents
        where residence_house_code is not null
        group by hukou_no, residence_house_code
    ) as homes
    where home_rank = 1

),

lived_in as (

    select
        residence_house_code as house_code,
        count(*) as residents_count,
        sum(is_local) as local_residents_count
    from (
        select
            local_residents.residence_house_code,
            case when household_homes.hukou_no is not null then 1 else 0 end as is_local
        from local_residents
        left join household_homes
            on
                local_residents.hukou_no = household_homes.hukou_no
                and local_residents.residence_house_code = household_homes.house_code
        union all
        select
            residence_house_code,
            0 as is_local
        from {{ ref("stg_population__ld_persons") }}
        where not is_deleted and status_code = '1'
    ) as residents
    where residence_house_code is not null
    group by residence_house_code

),

owner_lives_there as (

    select distinct houses.house_code
    from houses
    inner join (
        select residence_house_code, id_number, name_standard from {{ ref("stg_population__hj_persons") }}
        where not is_deleted
        union all
        select residence_house_code, id_number, name_standard from {{ ref("stg_population__ld_persons") }}
        where not is_deleted
        union all
        select household_homes.house_code, local_residents.id_number, local_residents.name_standard
        from local_residents
        inner join household_homes
            on local_residents.hukou_no = household_homes.hukou_no
    ) as residents
        on
            houses.house_code = residents.residence_house_code
            and (houses.owner_id_number = residents.id_number or houses.owner_name_standard = residents.name_standard)

),

compared as (

    select
        houses.*,
        addresses.community_code as standard_community_code,
        addresses.address_estate as standard_estate,
        addresses.address_building as standard_building,
        known_grids.grid_code is not null as is_recorded_grid_known,
        coalesce(lived_in.residents_count, 0) as residents_count,
        coalesce(lived_in.local_residents_count, 0) as local_residents_count,
        owner_lives_there.house_code is not null as is_owner_resident
    from houses
    left join addresses
        on houses.house_code = addresses.house_code
    left join grids as known_grids
        on houses.grid_code = known_grids.grid_code
    left join lived_in
        on houses.house_code = lived_in.house_code
    left join owner_lives_there
        on houses.house_code = owner_lives_there.house_code

)

select
    'population' as source_system,
    'house' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "standard_community_code <> community_code",
            "community_code", "wrong_community", "repaired", "houses.community_register"
        ),
        finding(
            is_grid_assigned("grid_code") ~ " and not is_recorded_grid_known",
            "grid_code", "grid_stale", "repaired", "houses.grid_register"
        ),
        finding(
            "standard_estate <> address_estate and " ~ regex_matches("standard_estate", "[^组]$"),
            "address", "estate_alias", "repaired", "houses.estate_register"
        ),
        finding(
            "standard_estate is not null and address_estate is null",
            "address", "road_instead_of_estate", "repaired", "houses.estate_register"
        ),
        finding(
            "standard_building <> building_standard",
            "building_no", "self_built_repeat", "repaired", "houses.building_register"
        ),
        finding(
            "status_code = '2' and residents_count > 0",
            "status_code", "demolished_lived_in", "flagged", "houses.demolished"
        ),
        finding(
            "not is_rented and local_residents_count > 0 and not is_owner_resident",
            "is_rented", "rented_without_record", "flagged", "houses.owner_elsewhere"
        ),
    ]) }} as _findings
from compared
