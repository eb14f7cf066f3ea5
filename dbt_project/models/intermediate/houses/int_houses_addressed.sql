{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="followed",
    unique_key="house_code",
    post_hook="{{ remember_inputs() }}",
) }}

{%- set changes = follows() -%}
{#- The standard address register in comparable parts, against which every address is matched. -#}
with

{% if changes -%}
    affected as (

        select distinct house_code
        from ({{ changed_rows(ref("stg_population__std_addrs"), ["house_code", "_batch_id", "is_deleted"], changes) }}) as changed
        where house_code is not null

    ),

{% endif -%}
registered as (

    select * from {{ ref("stg_population__std_addrs") }}
    where
        not is_deleted
        and house_code is not null
        {% if changes -%}
            and house_code in (select house_code from affected)
        {%- endif %}

),

newest as (

    select
        *,
        row_number() over (partition by house_code order by updated_at desc, std_addr_id) as house_rank
    from registered

),

divisions as (

    select * from {{ ref("divisions") }}

),

final as (

    select
        newest.house_code,
        newest.std_addr_id,
        newest.county_code,
        newest.town_code,
        newest.community_code,
        divisions.county_name,
        divisions.town_name,
        {{ community_base_name("divisions.community_name") }} as community_base,
        nullif(concat_ws('', newest.road, newest.door_plate), '') as address_road,
        nullif(newest.estate, '') as address_estate,
        coalesce(nullif(newest.estate, ''), concat_ws('', newest.road, newest.door_plate)) as estate_key,
        concat_ws(
            '|', newest.community_code, concat_ws('', newest.road, newest.door_plate), coalesce(newest.estate, '')
        ) as place_id,
        {{ building_code_of_house("newest.house_code") }} as building_code,
        newest.building_standard as address_building,
        newest.unit_standard as address_unit,
        nullif(newest.floor, '') as address_floor,
        newest.room_standard as address_room,
        newest.full_address,
        newest.grid_code,
        newest.longitude,
        newest.latitude,
        coalesce(nullif(newest.estate, ''), concat_ws('', newest.road, newest.door_plate))
        || coalesce(newest.building_standard || '号楼', '')
        || coalesce(newest.unit_standard || '单元', '')
        || coalesce(newest.room_standard || '室', '') as address_standard
    from newest
    left join divisions
        on newest.community_code = divisions.community_code
    where newest.house_rank = 1

)

{{ rows_of_affected("final", "house_code", changes) }}
