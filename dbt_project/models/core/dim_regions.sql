with

divisions as (

    select * from {{ ref("divisions") }}

),

regions as (

    select
        '{{ var("city_code") }}' as region_code,
        '{{ var("city_name") }}' as region_name,
        'city' as region_level,
        cast(null as {{ dbt.type_string() }}) as parent_code,
        cast(null as {{ dbt.type_string() }}) as county_code,
        cast(null as {{ dbt.type_string() }}) as town_code,
        cast(null as {{ dbt.type_string() }}) as community_code
    union all
    select distinct
        county_code as region_code,
        county_name as region_name,
        'county' as region_level,
        '{{ var("city_code") }}' as parent_code,
        county_code,
        cast(null as {{ dbt.type_string() }}) as town_code,
        cast(null as {{ dbt.type_string() }}) as community_code
    from divisions
    union all
    select distinct
        town_code as region_code,
        town_name as region_name,
        'town' as region_level,
        county_code as parent_code,
        county_code,
        town_code,
        cast(null as {{ dbt.type_string() }}) as community_code
    from divisions
    union all
    select
        community_code as region_code,
        community_name as region_name,
        'community' as region_level,
        town_code as parent_code,
        county_code,
        town_code,
        community_code
    from divisions

)

select
    region_code,
    region_name,
    region_level,
    parent_code,
    '{{ var("city_code") }}' as city_code,
    county_code,
    town_code,
    community_code
from regions
