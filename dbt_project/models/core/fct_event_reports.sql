with

cases as (

    select * from {{ ref("stg_affairs__cases") }}
    where case_type_code = 'INCIDENT' and not is_deleted and not is_test

),

alarms as (

    select * from {{ ref("fct_alarms") }}
    where is_first_of_incident and incident_verdict_code = 'CONFIRMED'

),

kinds as (

    select * from {{ ref("event_kinds") }}

),

reports as (

    select
        'case|' || _source_record_id as report_key,
        'affairs' as source_system,
        'case' as source_table,
        _source_record_id as source_record_id,
        case when channel_code in ('PATROL', 'SUPERIOR', 'HOTLINE') then channel_code else 'PUBLIC' end as source_code,
        incident_kind_code as source_kind_code,
        coalesce(reported_at, accepted_at, updated_at) as reported_at,
        accepted_at as acknowledged_at,
        closed_at,
        status_code not in ('WITHDRAWN', 'REJECTED') as is_confirmed,
        county_code,
        community_code,
        grid_code,
        cast(null as {{ dbt.type_string() }}) as house_id,
        cast(null as {{ dbt.type_string() }}) as device_id,
        longitude,
        latitude
    from cases
    union all
    select
        'alarm|' || incident_id as report_key,
        'safety_devices' as source_system,
        'alarm' as source_table,
        incident_id as source_record_id,
        'SENSOR' as source_code,
        kind_code as source_kind_code,
        raised_at as reported_at,
        acknowledged_at,
        closed_at,
        true as is_confirmed,
        cast(null as {{ dbt.type_string() }}) as county_code,
        community_code,
        grid_code,
        house_id,
        device_id,
        longitude,
        latitude
    from alarms

),

-- Cells are a little wider than the distance of merging, so that neighbours lie in the same or the next one.
numbered as (

    select
        reports.*,
        coalesce(kinds.event_kind_code, 'OTHER') as event_kind_code,
        row_number() over (order by reports.reported_at, reports.report_key) as report_number,
        cast(floor(reports.longitude / {{ incident_cell_degrees(1.25) }}) as integer) as cell_x,
        cast(floor(reports.latitude / {{ incident_cell_degrees(1.05) }}) as integer) as cell_y
    from reports
    left join kinds
        on
            reports.source_table = kinds.source_table
            and reports.source_kind_code = kinds.source_kind_code

),

steps as (

    select -1 as step
    union all
    select 0 as step
    union all
    select 1 as step

),

wordings as (

    select * from {{ ref("event_kind_wordings") }}

),

reach as (

    select
        numbered.report_number,
        wordings.other_kind_code,
        numbered.cell_x + across.step as cell_x,
        numbered.cell_y + along.step as cell_y,
        numbered.reported_at,
        numbered.longitude,
        numbered.latitude
    from numbered
    cross join steps as across
    cross join steps as along
    inner join wordings
        on numbered.event_kind_code = wordings.event_kind_code
    where numbered.cell_x is not null and numbered.cell_y is not null

),

-- Each report follows the earliest one that it may repeat.
followed as (

    select
        later.report_number,
        min(earlier.report_number) as root_number
    from reach as later
    inner join numbered as earlier
        on
            later.other_kind_code = earlier.event_kind_code
            and later.cell_x = earlier.cell_x
            and later.cell_y = earlier.cell_y
            and earlier.report_number < later.report_number
    where
        {{ seconds_between("earlier.reported_at", "later.reported_at") }} <= 60 * {{ var("incident_merge_minutes") }}
        and {{ distance_meters("earlier.longitude", "earlier.latitude", "later.longitude", "later.latitude") }}
        <= {{ var("incident_merge_meters") }}
    group by later.report_number

),

rooted_0 as (

    select
        numbered.report_number,
        coalesce(followed.root_number, numbered.report_number) as root_number
    from numbered
    left join followed
        on numbered.report_number = followed.report_number

),

{#- Three rounds of looking up the root's root end every chain of up to eight reports. #}
{%- for round in range(1, 4) %}

rooted_{{ round }} as (

    select
        own.report_number,
        root.root_number
    from rooted_{{ round - 1 }} as own
    inner join rooted_{{ round - 1 }} as root
        on own.root_number = root.report_number

),
{%- endfor %}

final as (

    select
        {{ surrogate_id("E", "first_reports.report_key") }} as event_id,
        numbered.report_key,
        numbered.source_system,
        numbered.source_table,
        numbered.source_record_id,
        numbered.source_code,
        numbered.source_kind_code,
        numbered.event_kind_code,
        rooted_3.root_number = numbered.report_number as is_first_report,
        numbered.reported_at,
        numbered.acknowledged_at,
        numbered.closed_at,
        numbered.is_confirmed,
        numbered.county_code,
        numbered.community_code,
        numbered.grid_code,
        numbered.house_id,
        numbered.device_id,
        numbered.longitude,
        numbered.latitude
    from numbered
    inner join rooted_3
        on numbered.report_number = rooted_3.report_number
    inner join numbered as first_reports
        on rooted_3.root_number = first_reports.report_number

)

select * from final
