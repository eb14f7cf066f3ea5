{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="followed",
    unique_key="place_id",
    post_hook="{{ remember_inputs() }}",
) }}

{%- set changes = follows() -%}
{#- The estates, hamlets and numbered road frontages of the registered houses. -#}
with

{% if changes -%}
    affected as (

        select distinct place_id
        from (
            {{ changed_rows(
                ref("int_houses_addressed"), ["house_code", "place_id", "county_code", "grid_code"], changes
            ) }}
        ) as changed

    ),

{% endif -%}
houses as (

    select * from {{ ref("int_houses_addressed") }}
    {% if changes -%}
        where place_id in (select place_id from affected)
    {%- endif %}

),

final as (

    select
        place_id,
        county_code,
        county_name,
        town_name,
        community_code,
        community_base,
        address_road,
        address_estate,
        case when count(distinct grid_code) = 1 then min(grid_code) end as grid_code
    from houses
    group by
        place_id, county_code, county_name, town_name, community_code, community_base, address_road, address_estate

)

{{ rows_of_affected("final", "place_id", changes) }}
