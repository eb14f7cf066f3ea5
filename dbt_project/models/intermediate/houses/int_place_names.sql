{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="differences",
    on_schema_change="sync_all_columns",
    unique_key=["place_id", "place_name", "name_kind"],
) }}

{#- The names of a place: the register's name of the estate, road and number, and alternative estate
   names that house registers use beside the code of a house in it, such as former and marketing
   names. -#}
with

places as (

    select * from {{ ref("int_places") }}

),

houses as (

    select * from {{ ref("int_houses_addressed") }}

),

registered as (

    select
        house_code,
        address_estate as estate_name
    from {{ ref("stg_population__houses") }}
    where not is_deleted

),

managed as (

    select
        units.house_code,
        estates.estate_name
    from {{ ref("stg_property__units") }} as units
    inner join {{ ref("stg_property__estates") }} as estates
        on units.estate_no = estates.estate_no
    where not units.is_deleted and not estates.is_deleted

),

used as (

    select * from registered
    union all
    select * from managed

),

-- One house under an unknown name is an error; two of one estate make it a name.
other_names as (

    select
        houses.place_id,
        used.estate_name
    from used
    inner join houses
        on used.house_code = houses.house_code
    where used.estate_name <> houses.address_estate
    group by houses.place_id, used.estate_name
    having count(distinct used.house_code) >= 2

)

select
    place_id,
    address_estate as place_name,
    'ESTATE' as name_kind
from places
where address_estate is not null
union all
select
    place_id,
    address_road as place_name,
    'ROAD' as name_kind
from places
where address_road is not null
union all
select
    place_id,
    estate_name as place_name,
    'OTHER' as name_kind
from other_names
