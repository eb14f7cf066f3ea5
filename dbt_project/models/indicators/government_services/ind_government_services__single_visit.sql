with

cases as (

    select * from {{ ref("fct_cases") }}
    where case_type_code = 'SERVICE' and is_counted and is_closed

),

{{ region_imports() }},

measured as (

    select
        community_code,
        county_code,
        closed_date as date_day,
        case when on_site_visit_days <= 1 then 1 else 0 end as numerator,
        1 as denominator,
        -- An applicant at a window was present: no recorded visit means that visits were not
        -- recorded.
        case when channel_code <> 'WINDOW' or on_site_visit_days > 0 then 1 else 0 end as measured_count,
        1 as in_scope_count
    from cases

)

{{ sum_by_community_and_day("measured") }}
