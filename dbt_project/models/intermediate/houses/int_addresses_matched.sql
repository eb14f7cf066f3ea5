{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="followed",
    unique_key="address_key",
    post_hook="{{ remember_inputs() }}",
) }}

{%- set changes = follows() -%}
{#- Each free-text address of a record, parsed into the parts of a standard address, with the one
   house it can refer to.

   An address that matches several houses equally well is matched to none of them, but to the
   building, estate or community, as far as that is certain. -#}
{%- set road = "coalesce(houses.address_road, places.address_road, located.address_road)" -%}
with

{% if changes -%}
    changed_buildings as (

        select distinct
            place_id,
            address_building
        from (
            {{ changed_rows(ref("int_houses_addressed"), [
                "house_code", "place_id", "building_code", "community_code", "grid_code", "county_name", "town_name",
                "address_road", "address_estate", "address_building", "address_unit", "address_floor", "address_room",
            ], changes) }}
        ) as changed

    ),

    changed_places as (

        select distinct place_id
        from (
            {{ changed_rows(ref("int_places"), [
                "place_id", "community_code", "grid_code", "county_name", "town_name", "address_road", "address_estate",
            ], changes) }}
        ) as changed

    ),

    places_known as (

        select * from {{ ref("int_places_written") }}

    ),

    changed_writings as (

        select place_key
        from (
            {{ changed_rows(ref("int_places_written"), [
                "place_key", "place_id", "contradictions", "agreement", "is_other_name", "place_rank", "rivals_count",
            ], changes) }}
        ) as changed
        union
        select places_known.place_key
        from places_known
        inner join changed_places
            on places_known.place_id = changed_places.place_id

    ),

    affected as (

        {{ changed_address_keys(changes) }}
        union
        select address_key
        from {{ this }}
        where place_key in (select place_key from changed_writings)
        union
        select present.address_key
        from {{ this }} as present
        inner join places_known
            on present.place_key = places_known.place_key
        inner join changed_buildings
            on
                places_known.place_id = changed_buildings.place_id
                and present.building = changed_buildings.address_building

    ),

{% endif -%}
written as (

    select
        address_key,
        {{ place_key() }} as place_key,
        address_county,
        address_community,
        address_road,
        address_estate,
        address_building,
        address_unit,
        address_room,
        min(address_town) as address_town,
        min(address_level) as address_level
    from {{ ref("int_houses_named") }}
    where
        address_level <> 'MISSING'
        {% if changes -%}
            and address_key in (select address_key from affected)
        {%- endif %}
    group by
        address_key, address_county, address_community, address_road, address_estate, address_building, address_unit,
        address_room

),

houses as (

    select
        *,
        {{ door_key("place_id", "address_building", "address_room") }} as door_key
    from {{ ref("int_houses_addressed") }}

),

places as (

    select * from {{ ref("int_places") }}

),

places_written as (

    select * from {{ ref("int_places_written") }}

),

communities as (

    {{ single_communities(ref("divisions"), ["county_name", community_base_name("community_name")]) }}

),

fitting as (

    select
        written.address_key,
        houses.house_code,
        places_written.contradictions,
        places_written.is_other_name,
        case when written.address_unit is null and houses.address_unit is not null then 1 else 0 end as is_unit_missing,
        places_written.agreement
    from written
    inner join places_written
        on written.place_key = places_written.place_key
    inner join houses
        -- A combined key: an engine that joins by place alone would pair each of its written forms
        -- with all its houses.
        on
            {{ door_key("places_written.place_id", "written.address_building", "written.address_room") }}
            = houses.door_key
    where
        written.address_level = 'ROOM'
        and (written.address_unit is null or written.address_unit = coalesce(houses.address_unit, ''))

),

ranked as (

    select
        *,
        row_number() over (
            partition by address_key order by contradictions, is_unit_missing, agreement desc, house_code
        ) as house_rank,
        count(*) over (partition by address_key, contradictions, is_unit_missing, agreement) as rivals_count
    from fitting

),

best as (

    select * from ranked
    where house_rank = 1

),

-- Where all houses of a building, or of the single best-matching place, lie.
buildings as (

    select
        place_id,
        address_building,
        min(building_code) as building_code,
        case when count(distinct grid_code) = 1 then min(grid_code) end as grid_code
    from houses
    where address_building is not null
    group by place_id, address_building
    having count(distinct building_code) = 1

),

known_places as (

    select distinct place_key from places_written

),

single_places as (

    select * from places_written
    where place_rank = 1 and rivals_count = 1

),

located as (

    select
        written.*,
        case when best.rivals_count = 1 then best.house_code end as house_code,
        best.contradictions,
        best.is_other_name,
        best.is_unit_missing,
        best.rivals_count,
        known_places.place_key as known_place_key,
        single_places.place_id as single_place_id,
        single_places.contradictions as place_contradictions,
        buildings.building_code as single_building_code,
        buildings.grid_code as building_grid_code,
        communities.community_code as named_community_code
    from written
    left join best
        on written.address_key = best.address_key
    left join known_places
        on written.place_key = known_places.place_key
    left join single_places
        on written.place_key = single_places.place_key
    left join buildings
        on
            single_places.place_id = buildings.place_id
            and written.address_building = buildings.address_building
    left join communities
        on
            written.address_county = communities.area
            and {{ community_base_name("written.address_community") }} = communities.place

),

final as (

    select
        located.address_key,
        located.place_key,
        located.house_code,
        coalesce(houses.place_id, located.single_place_id) as place_id,
        coalesce(houses.building_code, located.single_building_code) as building_code,
        coalesce(houses.community_code, places.community_code, located.named_community_code) as community_code,
        coalesce(houses.grid_code, located.building_grid_code, places.grid_code) as grid_code,
        '{{ var("address_province") }}省' as province,
        '{{ var("address_city") }}市' as city,
        coalesce(houses.county_name, places.county_name, located.address_county) as county,
        coalesce(houses.town_name, places.town_name, located.address_town) as town,
        coalesce(
            houses.community_base, places.community_base, {{ community_base_name("located.address_community") }}
        ) as community,
        {{ regex_replace(road, "[0-9]+(-[0-9]+)?号$") }} as road,
        nullif({{ regex_extract(road, "([0-9]+(-[0-9]+)?号)$") }}, '') as number,
        coalesce(houses.address_estate, places.address_estate, located.address_estate) as estate,
        coalesce(houses.address_building, located.address_building) as building,
        coalesce(houses.address_unit, located.address_unit) as unit,
        coalesce(houses.address_floor, {{ floor_of_room("located.address_room") }}) as floor,
        coalesce(houses.address_room, located.address_room) as room,
        case
            when located.house_code is not null then 'ROOM'
            when located.single_building_code is not null then 'BUILDING'
            when located.single_place_id is not null then 'ESTATE'
            when located.named_community_code is not null then 'COMMUNITY'
            else 'NONE'
        end as match_level,
        case
            when located.house_code is not null then round(
                1.0 - 0.2 * located.contradictions - 0.1 * located.is_unit_missing - 0.05 * located.is_other_name, 2
            )
            when located.single_place_id is not null then round(0.6 - 0.2 * located.place_contradictions, 2)
            when located.named_community_code is not null then 0.2
            else 0.0
        end as match_score,
        case
            when located.house_code is null then null
            when located.contradictions > 0 or located.is_other_name = 1 then 'ADDRESS CORRECTED'
            when located.is_unit_missing = 1 then 'ADDRESS COMPLETED'
            else 'ADDRESS'
        end as match_rule,
        case
            when located.house_code is not null then null
            when located.rivals_count > 1 then 'AMBIGUOUS'
            when located.address_level <> 'ROOM' then 'NOT_TO_THE_ROOM'
            when located.single_place_id is not null then 'NO_SUCH_HOUSE'
            when located.known_place_key is not null then 'PLACE_AMBIGUOUS'
            else 'NO_SUCH_PLACE'
        end as unmatched_reason
    from located
    left join houses
        on located.house_code = houses.house_code
    left join places
        on located.single_place_id = places.place_id

)

{{ rows_of_affected("final", "address_key", changes) }}
