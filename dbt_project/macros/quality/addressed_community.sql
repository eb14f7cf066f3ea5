{#- The rows of a staged `relation` with `addressed_community_code`: the community of the address,
    found by its name within the county or town, else by the estate or the road and number within the
    county; only if it is unique. -#}
{% macro with_addressed_community(relation) -%}
    select
        addressed.*,
        coalesce(of_county.community_code, of_town.community_code, of_estate.community_code) as addressed_community_code
    from {{ relation }} as addressed
    left join ({{ single_communities(ref("dim_communities"), ["county_name", community_base_name("community_name")]) }})
        as of_county
        on
            addressed.address_county = of_county.area
            and {{ community_base_name("addressed.address_community") }} = of_county.place
    left join ({{ single_communities(ref("dim_communities"), ["town_name", community_base_name("community_name")]) }})
        as of_town
        on
            addressed.address_town = of_town.area
            and {{ community_base_name("addressed.address_community") }} = of_town.place
    left join ({{ single_communities(ref("int_houses_addressed"), ["county_name", "estate_key"]) }}) as of_estate
        on
            addressed.address_county = of_estate.area
            and coalesce(addressed.address_estate, addressed.address_road) = of_estate.place
{%- endmacro %}

{#- (area, place, community_code) where the place with that name in the area lies in exactly one
    community. -#}
{% macro single_communities(relation, names) -%}
    select
        {{ names[0] }} as area,
        {{ names[1] }} as place,
        min(community_code) as community_code
    from {{ relation }}
    group by {{ names | join(", ") }}
    having count(distinct community_code) = 1
{%- endmacro %}

{#- The number of calendar months from the month of `earlier` to that of `later`. -#}
{% macro months_between(earlier, later) -%}
    (
        (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
        + extract(month from {{ later }}) - extract(month from {{ earlier }})
    )
{%- endmacro %}
