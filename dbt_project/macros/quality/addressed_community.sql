{#- The rows of a staged `relation` with `addressed_community_code`: the community that the address names, if a county
    has only one of that name. -#}
{% macro with_addressed_community(relation) -%}
    select
        addressed.*,
        named.community_code as addressed_community_code
    from {{ relation }} as addressed
    left join (
        select
            county_name,
            {{ community_base_name("community_name") }} as community_base,
            min(community_code) as community_code
        from {{ ref("dim_communities") }}
        group by county_name, {{ community_base_name("community_name") }}
        having count(*) = 1
    ) as named
        on
            addressed.address_county = named.county_name
            and {{ community_base_name("addressed.address_community") }} = named.community_base
{%- endmacro %}

{#- How many calendar months the month of `later` lies after that of `earlier`. -#}
{% macro months_between(earlier, later) -%}
    (
        (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
        + extract(month from {{ later }}) - extract(month from {{ earlier }})
    )
{%- endmacro %}
