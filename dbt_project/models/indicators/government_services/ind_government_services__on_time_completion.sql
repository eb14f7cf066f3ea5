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
        coalesce(due_date, accepted_date, reported_date) as date_day,
        case when is_due_measurable and is_on_time then 1 else 0 end as numerator,
        case when is_due_measurable then 1 else 0 end as denominator,
        case when is_due_measurable then 1 else 0 end as measured_count,
        1 as in_scope_count
    from cases
    where not is_paused

)

{{ sum_by_community_and_day("measured") }}
