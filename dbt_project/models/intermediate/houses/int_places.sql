{#- The estates, hamlets and numbered road frontages in which the registered houses lie. -#}
with

houses as (

    select * from {{ ref("int_houses_addressed") }}

)

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
