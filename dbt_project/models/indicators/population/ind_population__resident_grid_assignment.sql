with

residents as (

    select * from {{ ref("dim_persons") }}
    where is_resident

),

{{ region_imports() }},

measured as (

    select
        community_code,
        cast(null as {{ dbt.type_string() }}) as county_code,
        {{ as_of_date() }} as date_day,
        case when is_grid_valid then 1 else 0 end as numerator,
        1 as denominator,
        -- A resident without a known house can be assigned only by the register's own grid.
        case when residence_house_id is not null then 1 else 0 end as measured_count,
        1 as in_scope_count
    from residents

)

{{ sum_by_community_and_day("measured") }}
