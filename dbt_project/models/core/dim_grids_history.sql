with

versions as (

    select * from {{ ref("stg_grid__grid_versions") }}

),

final as (

    select
        grid_code,
        valid_from as established_on,
        valid_to as abolished_on,
        grid_name,
        grid_type_code,
        county_code,
        community_code,
        center_longitude,
        center_latitude,
        households_count,
        worker_no,
        predecessor_grid_code,
        version_number,
        version_from as valid_from,
        version_to as valid_to,
        is_current,
        known_from,
        known_to
    from versions

)

select * from final
