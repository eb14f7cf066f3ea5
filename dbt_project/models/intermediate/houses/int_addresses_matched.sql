{#- Each address that records give in words, and the one house that it can mean.

    County, community and road are compared as far as they are written; an address that fits several houses
    equally well is left unmatched. -#}
with

written as (

    select distinct
        address_key, address_county, address_community, address_road, address_estate,
        address_building, address_unit, address_room
    from {{ ref("int_persons_named") }}
    where address_level = 'ROOM'

),

houses as (

    select * from {{ ref("int_houses_addressed") }}

),

compared as (

    select
        written.address_key,
        houses.house_code,
        case when {{ community_base_name("written.address_community") }} = houses.community_base then 2 else 0 end
        + case when written.address_road = houses.address_road then 2 else 0 end
        + case when written.address_county = houses.county_name then 1 else 0 end as agreement,
        -- What is written and differs speaks against the house.
        case when {{ community_base_name("written.address_community") }} <> houses.community_base then 1 else 0 end
        + case when written.address_road <> houses.address_road then 1 else 0 end
        + case when written.address_county <> houses.county_name then 1 else 0 end as contradictions
    from written
    inner join houses
        on
            coalesce(written.address_estate, written.address_road) = houses.estate_key
            and written.address_building = houses.address_building
            and coalesce(written.address_unit, '') = coalesce(houses.address_unit, '')
            and coalesce(written.address_room, '') = coalesce(houses.address_room, '')

),

ranked as (

    select
        address_key,
        house_code,
        agreement,
        contradictions,
        row_number() over (
            partition by address_key order by contradictions, agreement desc, house_code
        ) as house_rank,
        count(*) over (partition by address_key, contradictions, agreement) as equals_count
    from compared

)

select
    address_key,
    house_code,
    case when contradictions = 0 then 'EXACT' else 'CORRECTED' end as match_level,
    round(1.0 - 0.2 * contradictions, 2) as match_score
from ranked
where house_rank = 1 and equals_count = 1 and contradictions <= 1
