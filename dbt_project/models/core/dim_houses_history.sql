with

versions as (

    select * from {{ ref("stg_population__house_versions") }}

),

final as (

    select
        house_code,
        address,
        address_level,
        address_key,
        community_code,
        grid_code,
        building_no,
        unit_no,
        room_no,
        usage_code,
        area_square_meters,
        is_rented,
        longitude,
        latitude,
        status_code,
        owner_id_number,
        owner_name_standard as owner_name,
        version_number,
        version_from as valid_from,
        version_to as valid_to,
        is_current,
        known_from,
        known_to
    from versions

)

select * from final
