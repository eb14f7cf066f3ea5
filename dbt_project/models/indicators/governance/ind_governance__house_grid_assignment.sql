with

houses as (

    select * from {{ ref("dim_houses") }}
    where is_active

),

{{ region_imports() }},

measured as (

    select
        community_code,
        cast(null as {{ dbt.type_string() }}) as county_code,
        {{ as_of_date() }} as date_day,
        case when is_grid_valid then 1 else 0 end as numerator,
        1 as denominator,
        case when community_code is not null then 1 else 0 end as measured_count,
        1 as in_scope_count
    from houses

)

{{ sum_by_community_and_day("measured") }}
