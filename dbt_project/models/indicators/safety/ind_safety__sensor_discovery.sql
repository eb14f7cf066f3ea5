with

events as (

    select * from {{ ref("fct_events") }}
    where is_confirmed and is_incident and first_source_code in ('SENSOR', 'PATROL', 'PUBLIC', 'HOTLINE')

),

-- Before the first device reported, no sensor could have been first: there is no share, rather than
-- a share of zero.
listening as (

    select min(date_day) as first_date
    from {{ ref("fct_device_days") }}

),

{{ region_imports() }},

measurable as (

    select
        events.*,
        case when events.event_date >= listening.first_date and events.has_location then 1 else 0 end as is_measurable
    from events
    cross join listening

),

measured as (

    select
        community_code,
        county_code,
        event_date as date_day,
        case when first_source_code = 'SENSOR' then is_measurable else 0 end as numerator,
        is_measurable as denominator,
        is_measurable as measured_count,
        1 as in_scope_count
    from measurable

)

{{ sum_by_community_and_day("measured") }}
