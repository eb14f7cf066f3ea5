with

cases as (

    select * from {{ ref("fct_cases") }}
    where case_type_code = 'SERVICE' and is_counted

),

{{ region_imports() }},

measured as (

    select
        community_code,
        county_code,
        coalesce(accepted_date, reported_date) as date_day,
        case when accepted_date is not null and is_closed then 1 else 0 end as numerator,
        case when accepted_date is not null then 1 else 0 end as denominator,
        case when accepted_date is not null then 1 else 0 end as measured_count,
        1 as in_scope_count
    from cases

)

{{ sum_by_community_and_day("measured") }}
