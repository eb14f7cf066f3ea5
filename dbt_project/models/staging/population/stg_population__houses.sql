{%- set landed = new_landed_rows("population", "house") -%}
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

persons as (

    {{ standardised_persons("changed", owner_columns()) }}

),

addresses as (

    {{ parsed_addresses("persons", "address", landed) }}

),

renamed as (

    select
        house_code,
        nullif(std_addr_id, '') as std_addr_id,
        address,
        address_county,
        address_town,
        address_community,
        address_road,
        address_estate,
        address_building,
        address_unit,
        address_room,
        address_level,
        {{ address_key() }} as address_key,
        nullif(community_code, '') as community_code,
        nullif(grid_code, '') as grid_code,
        building_no,
        unit_no,
        room_no,
        {{ building_standard("building_no") }} as building_standard,
        {{ unit_standard("unit_no") }} as unit_standard,
        {{ room_standard("room_no") }} as room_standard,
        usage_code,
        area_square_meters,
        {{ person_standard_columns("owner_name", "cast(null as " ~ text_type() ~ ")", "owner_") }},
        is_rented,
        longitude,
        latitude,
        status_code,
        update_time as updated_at,
        is_deleted,
        _source_record_id,
        _batch_id,
        _landed_at,
        {{ join_arrays([
            "case when nullif(owner_name, '') is null then " ~ no_findings() ~ " else person_findings end",
            house_findings(),
        ]) }} as _findings
    from addresses

)

select * from renamed
