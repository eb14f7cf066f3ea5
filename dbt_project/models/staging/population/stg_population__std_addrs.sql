{%- set landed = new_landed_rows("population", "std_addr") -%}
with

repeated as (

    {{ repeated_records(landed) }}

),

newest as (

    {{ newest_versions(landed, "update_time") }}

),

changed as (

    {{ not_older_than_staged("newest", "update_time") }}

),

renamed as (

    select
        std_addr_id,
        province,
        city,
        county_code,
        town_code,
        community_code,
        road,
        door_plate,
        estate,
        building,
        unit,
        floor,
        room,
        {{ building_standard("building") }} as building_standard,
        {{ unit_standard("unit") }} as unit_standard,
        {{ room_standard("room") }} as room_standard,
        full_address,
        nullif(house_code, '') as house_code,
        nullif(grid_code, '') as grid_code,
        longitude,
        latitude,
        update_time as updated_at,
        is_deleted,
        _source_record_id,
        _batch_id,
        _landed_at,
        {{ array_of_texts([
            finding("not " ~ is_grid_assigned("grid_code"), "grid_code", "grid_missing", "flagged"),
        ]) }} as _findings
    from changed

)

select * from renamed
