{{ config(materialized=kept_as("ephemeral")) }}

{#- Every report of an event in one form, with the house, person and organization that it names. -#}
{%- set report_models = [
    "int_events_cases", "int_events_grid_events", "int_events_sos_calls", "int_events_repairs",
    "int_events_mediations",
] -%}
with

alarms as (

    select
        *,
        max(raised_at) over (partition by incident_id) as last_raised_at,
        max(closed_at) over (partition by incident_id) as incident_closed_at,
        min(acknowledged_at) over (partition by incident_id) as incident_acknowledged_at
    from {{ ref("fct_alarms") }}

),

devices as (

    select * from {{ ref("dim_devices") }}

),

houses as (

    select * from {{ ref("dim_houses") }}

),

items as (

    select
        mappings.source_system,
        mappings.source_table,
        mappings.source_kind_code,
        kinds.event_item_code,
        kinds.event_kind_code,
        kinds.is_incident
    from {{ ref("event_kind_mappings") }} as mappings
    inner join {{ ref("event_kinds") }} as kinds
        on mappings.event_item_code = kinds.event_item_code

),

person_of_record as (

    select
        source_system,
        source_table,
        source_record_id,
        person_id
    from {{ ref("person_links") }}

),

elder_houses as (

    select
        source_record_id,
        min(house_id) as house_id
    from {{ ref("house_links") }}
    where source_system = 'elder_care' and source_table = 'elder'
    group by source_record_id

),

managers as (

    select
        source_record_id,
        organization_id
    from {{ ref("organization_links") }}
    where source_system = 'property' and source_table = 'estate'

),

-- A storm of alarms is one report: of the first signal, with the last one's time. What was found false is none.
sensed as (

    select
        {{ event_report_columns({
            "report_key": "'alarm|' || incident_id",
            "source_system": "'safety_devices'",
            "source_table": "'alarm'",
            "source_record_id": "incident_id",
            "source_code": "'SENSOR'",
            "source_kind_code": "kind_code",
            "level_code": "level_code",
            "occurred_at": "raised_at",
            "reported_at": "raised_at",
            "known_at": "raised_at",
            "accepted_at": "incident_acknowledged_at",
            "handled_at": "incident_closed_at",
            "closed_at": "incident_closed_at",
            "updated_at": "coalesce(incident_closed_at, incident_acknowledged_at, last_raised_at)",
            "last_signal_at": "last_raised_at",
            "signal_count": "incident_alarm_count",
            "is_confirmed": "coalesce(incident_verdict_code = 'CONFIRMED', false)",
            "community_code": "community_code",
            "grid_code": "grid_code",
            "device_id": "device_id",
            "longitude": "longitude",
            "latitude": "latitude",
        }) }}
    from alarms
    where is_first_of_incident and coalesce(incident_verdict_code, '') <> 'FALSE'

),

seen as (

    select
        *,
        coalesce(
            {{ seconds_between(
                "lag(occurred_at) over (partition by device_id, kind_code order by occurred_at, message_key)",
                "occurred_at",
            ) }} <= 60 * {{ var("alarm_storm_gap_minutes") }},
            false
        ) as continues_storm
    from {{ ref("stg_safety_devices__video_alarms") }}
    where alarm_id is null

),

numbered_sights as (

    select
        *,
        sum(case when continues_storm then 0 else 1 end) over (
            partition by device_id, kind_code
            order by occurred_at, message_key
            rows between unbounded preceding and current row
        ) as storm_number
    from seen

),

sights as (

    select
        *,
        max(occurred_at) over (partition by device_id, kind_code, storm_number) as last_seen_at,
        count(*) over (partition by device_id, kind_code, storm_number) as sight_count
    from numbered_sights

),

-- What a camera believes to see waits for somebody's judgement: an event, but not a confirmed one.
filmed as (

    select
        {{ event_report_columns({
            "report_key": "'video_alarm|' || sights._source_record_id",
            "source_system": "'safety_devices'",
            "source_table": "'video_alarm'",
            "source_record_id": "sights._source_record_id",
            "source_code": "'SENSOR'",
            "source_kind_code": "sights.kind_code",
            "occurred_at": "sights.occurred_at",
            "reported_at": "sights.occurred_at",
            "known_at": "sights.occurred_at",
            "updated_at": "sights.last_seen_at",
            "last_signal_at": "sights.last_seen_at",
            "signal_count": "sights.sight_count",
            "is_confirmed": "false",
            "community_code": "devices.community_code",
            "grid_code": "devices.grid_code",
            "device_id": "sights.device_id",
            "longitude": "devices.longitude",
            "latitude": "devices.latitude",
        }) }}
    from sights
    left join devices
        on sights.device_id = devices.device_id
    where not sights.continues_storm

),

reports as (

    {% for model in report_models -%}
        select * from {{ ref(model) }}
        union all
    {% endfor -%}
    select * from sensed
    union all
    select * from filmed

),

final as (

    select
        reports.report_key,
        reports.source_system,
        reports.source_table,
        reports.source_record_id,
        reports.source_code,
        reports.source_kind_code,
        coalesce(items.event_item_code, 'OTHER') as event_item_code,
        coalesce(items.event_kind_code, 'OTHER') as event_kind_code,
        coalesce(items.is_incident, true) as is_incident,
        reports.level_code,
        reports.occurred_at,
        reports.reported_at,
        reports.known_at,
        reports.accepted_at,
        reports.dispatched_at,
        reports.arrived_at,
        reports.handled_at,
        reports.closed_at,
        reports.reopened_at,
        reports.updated_at,
        reports.last_signal_at,
        reports.signal_count,
        reports.is_confirmed,
        coalesce(reports.is_mediation_asked, false) as is_mediation_asked,
        reports.county_code,
        coalesce(reports.community_code, houses.community_code) as community_code,
        coalesce(reports.grid_code, houses.grid_code) as grid_code,
        houses.house_id,
        reports.place_key,
        reports.device_id,
        managers.organization_id,
        person_of_record.person_id,
        case when person_of_record.person_id is not null then reports.person_role_code end as person_role_code,
        reports.longitude,
        reports.latitude
    from reports
    left join items
        on
            reports.source_system = items.source_system
            and reports.source_table = items.source_table
            and reports.source_kind_code = items.source_kind_code
    left join devices
        on reports.device_id = devices.device_id
    left join elder_houses
        on reports.elder_no = elder_houses.source_record_id
    left join houses as registered
        on reports.house_code = registered.house_code
    left join houses
        on coalesce(registered.house_id, devices.house_id, elder_houses.house_id) = houses.house_id
    left join managers
        on reports.estate_no = managers.source_record_id
    left join person_of_record
        on
            reports.source_system = person_of_record.source_system
            and reports.person_table = person_of_record.source_table
            and reports.person_record_id = person_of_record.source_record_id

)

select * from final
