with

device_days as (

    select * from {{ ref("fct_device_days") }}

),

{{ region_imports() }},

measured as (

    select
        community_code,
        cast(null as {{ dbt.type_string() }}) as county_code,
        date_day,
        online_minutes as numerator,
        expected_minutes as denominator,
        case when is_measurable then 1 else 0 end as measured_count,
        1 as in_scope_count
    from device_days

)

{{ sum_by_community_and_day("measured") }}
