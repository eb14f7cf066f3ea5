{{ config(materialized="ephemeral") }}

{#- Findings about property management that only other records reveal: names and numbers that
   contradict the standard addresses, dwellings registered twice or let, requests reported twice,
   devices of unknown buildings. -#}
with

standard_buildings as (

    select
        substr(house_code, 1, 17) as building_code,
        max(address_estate) as standard_estate,
        max(address_building) as standard_building
    from {{ ref("int_houses_addressed") }}
    group by substr(house_code, 1, 17)

),

buildings as (

    select
        buildings.*,
        standard_buildings.standard_estate,
        {{ building_standard("buildings.building_name") }} <> standard_buildings.standard_building as is_number_repeated
    from {{ ref("stg_property__buildings") }} as buildings
    left join standard_buildings
        on buildings.building_code = standard_buildings.building_code

),

estate_names as (

    select
        estate_no,
        max(standard_estate) as standard_estate
    from buildings
    group by estate_no

),

estates as (

    select
        estates.*,
        estates.estate_name <> estate_names.standard_estate as is_named_otherwise
    from {{ ref("stg_property__estates") }} as estates
    left join estate_names
        on estates.estate_no = estate_names.estate_no

),

lived_in_by_others as (

    select source_record_id as house_code
    from (
        {{ select_each(ref("house_checks"), ["source_record_id"], "_findings", "finding_text") }}
    ) as found
    where split_part(finding_text, '|', 2) = 'rented_without_record'

),

-- Let according to the population register; or others live there and the owner's address is
-- elsewhere.
let_units as (

    select units._source_record_id
    from {{ ref("stg_property__units") }} as units
    inner join {{ ref("stg_population__houses") }} as houses
        on units.house_code = houses.house_code
    where houses.is_rented
    union
    select units._source_record_id
    from {{ ref("stg_property__units") }} as units
    inner join lived_in_by_others
        on units.house_code = lived_in_by_others.house_code
    inner join {{ ref("int_houses_addressed") }} as houses
        on units.house_code = houses.house_code
    where
        units.address_level = 'ROOM'
        and concat_ws('|', units.address_building, units.address_unit, units.address_room)
        <> concat_ws('|', houses.address_building, houses.address_unit, houses.address_room)

),

units as (

    select
        units.*,
        units.occupancy_code = 'OWNER' and let_units._source_record_id is not null as is_let,
        row_number() over (
            partition by units.house_code order by units.registered_on, units.unit_id
        ) as registration_rank
    from {{ ref("stg_property__units") }} as units
    left join let_units
        on units._source_record_id = let_units._source_record_id
    where not units.is_deleted

),

repairs as (

    select
        *,
        lag(reported_at) over (
            partition by unit_id, category_code order by reported_at, repair_no
        ) as previous_reported_at
    from {{ ref("stg_property__repairs") }}

),

devices as (

    select
        devices.*,
        devices.building_id is not null and buildings.building_id is null as is_building_unknown
    from {{ ref("stg_property__iot_devices") }} as devices
    left join buildings
        on devices.building_id = buildings.building_id

)

select
    'property' as source_system,
    'estate' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_named_otherwise", "estate_name", "estate_alias", "flagged", "property.estate_register"),
    ]) }} as _findings
from estates
union all
select
    'property' as source_system,
    'building' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_number_repeated", "building_name", "self_built_repeat", "flagged", "property.building_register"),
    ]) }} as _findings
from buildings
union all
select
    'property' as source_system,
    'unit' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("registration_rank > 1", "unit_id", "person_duplicate", "flagged", "property.same_dwelling"),
        finding("is_let", "occupancy_code", "rented_without_record", "flagged", "property.let"),
    ]) }} as _findings
from units
union all
select
    'property' as source_system,
    'repair' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            seconds_between("previous_reported_at", "reported_at") ~ " <= 60 * " ~ var("same_place_merge_minutes"),
            "repair_no", "repair_duplicate", "flagged", "property.same_request"
        ),
    ]) }} as _findings
from repairs
union all
select
    'property' as source_system,
    'iot_device' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_building_unknown", "building_id", "reference_unknown", "flagged", "property.building_known"),
    ]) }} as _findings
from devices
