{#- Measured items summed by community and day.

    `measured` is a CTE with one row per item (or group of items): community_code, county_code,
    date_day, numerator, denominator, measured_count, in_scope_count. An item without a known
    community still counts for its county, or for the city if that is unknown too. -#}
{% macro sum_by_community_and_day(measured) -%}
    select
        communities.community_code,
        communities.town_code,
        counties.region_code as county_code,
        '{{ var("city_code") }}' as city_code,
        {{ measured }}.date_day,
        sum({{ measured }}.numerator) as numerator,
        sum({{ measured }}.denominator) as denominator,
        sum({{ measured }}.measured_count) as measured_count,
        sum({{ measured }}.in_scope_count) as in_scope_count
    from {{ measured }}
    left join communities
        on {{ measured }}.community_code = communities.community_code
    left join counties
        on coalesce(communities.county_code, {{ measured }}.county_code) = counties.region_code
    where {{ measured }}.date_day <= {{ as_of_date() }}
    group by 1, 2, 3, 4, 5
{%- endmacro %}

{#- The import CTEs that `sum_by_community_and_day` reads. -#}
{% macro region_imports() -%}
communities as (

    select * from {{ ref("dim_communities") }}

),

counties as (

    select * from {{ ref("dim_regions") }}
    where region_level = 'county'

)
{%- endmacro %}
