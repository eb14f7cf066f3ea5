with

events as (

    select * from {{ ref("stg_grid__events") }}
    where not is_deleted and coalesce(title, '') not like '%测试%'

),

flows as (

    select
        event_no,
        min(case when step_code = 'DISPATCH' then coalesce(finished_at, started_at) end) as dispatched_at,
        min(case when step_code = 'HANDLE' then started_at end) as arrived_at,
        max(case when step_code = 'HANDLE' then finished_at end) as handled_at,
        max(case when step_code = 'REOPEN' then started_at end) as reopened_at
    from {{ ref("stg_grid__event_flows") }}
    where not is_deleted
    group by event_no

),

reports as (

    select
        {{ event_report_columns({
            "report_key": "'event|' || events._source_record_id",
            "source_system": "'grid'",
            "source_table": "'event'",
            "source_record_id": "events._source_record_id",
            "source_code": "events.source_code",
            "source_kind_code": "events.event_kind_code",
            "level_code": "events.level_code",
            "occurred_at": "events.occurred_at",
            "reported_at": "coalesce(events.reported_at, events.occurred_at, events.uploaded_at, events.updated_at)",
            "known_at": "coalesce(events.uploaded_at, events.reported_at, events.updated_at)",
            "accepted_at": "events.accepted_at",
            "dispatched_at": "flows.dispatched_at",
            "arrived_at": "flows.arrived_at",
            "handled_at": "flows.handled_at",
            "closed_at": "events.closed_at",
            "reopened_at": "flows.reopened_at",
            "updated_at": "events.updated_at",
            "signal_count": "cast(1 as bigint)",
            "is_confirmed": "true",
            "county_code": "events.county_code",
            "community_code": "events.community_code",
            "grid_code": "events.grid_code",
            "house_code": "events.house_code",
            "person_table": "'event'",
            "person_record_id": "events._source_record_id",
            "person_role_code": "'REPORTER'",
            "longitude": "events.longitude",
            "latitude": "events.latitude",
        }) }}
    from events
    left join flows
        on events.event_no = flows.event_no

)

select * from reports
