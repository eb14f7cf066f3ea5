with

indicator_values as (

    select * from {{ ref("fct_indicator_values") }}

),

regions as (

    select * from {{ ref("dim_regions") }}

),

-- Daily values are published for the whole city only, so that a suppressed month cannot be
-- recovered from its days.
judged as (

    select
        indicator_values.*,
        regions.parent_code,
        coalesce(
            indicator_values.denominator between 1 and {{ var("smallest_published_count") - 1 }}, false
        ) as is_suppressed
    from indicator_values
    inner join regions
        on indicator_values.region_code = regions.region_code
    where indicator_values.period_grain = 'month' or indicator_values.region_level = 'city'

)

select
    indicator_code,
    region_code,
    region_level,
    parent_code,
    period_grain,
    period_start,
    case when not is_suppressed then numerator end as numerator,
    case when not is_suppressed then denominator end as denominator,
    case when not is_suppressed then value end as value,
    -- Where the measured items are the denominator, a coverage of 3 in 11 would reveal the
    -- suppressed count.
    case when not is_suppressed then coverage end as coverage,
    is_rankable and not is_suppressed as is_rankable,
    is_suppressed,
    as_of,
    lake_snapshot
from judged
