with

-- Test calls of a terminal are not events.
calls as (

    select * from {{ ref("stg_elder_care__sos_calls") }}
    where not is_deleted and result_code <> 'TEST' and coalesce(remark, '') not like '%测试%'

),

elders as (

    select * from {{ ref("stg_elder_care__elders") }}

),

dispatches as (

    select
        call_no,
        min(requested_at) as dispatched_at,
        min(arrived_at) as arrived_at,
        max(finished_at) as finished_at
    from {{ ref("stg_elder_care__dispatches") }}
    where not is_deleted and call_no is not null
    group by call_no

),

reports as (

    select
        {{ event_report_columns({
            "report_key": "'sos_call|' || calls._source_record_id",
            "source_system": "'elder_care'",
            "source_table": "'sos_call'",
            "source_record_id": "calls._source_record_id",
            "source_code": "'SENSOR'",
            "source_kind_code": "calls.call_type_code",
            "occurred_at": "calls.called_at",
            "reported_at": "coalesce(calls.received_at, calls.called_at, calls.updated_at)",
            "known_at": "coalesce(calls.received_at, calls.called_at, calls.updated_at)",
            "accepted_at": "calls.answered_at",
            "dispatched_at": "dispatches.dispatched_at",
            "arrived_at": "dispatches.arrived_at",
            "handled_at": "coalesce(calls.found_at, dispatches.finished_at)",
            "closed_at": "coalesce(calls.found_at, dispatches.finished_at)",
            "updated_at": "calls.updated_at",
            "last_signal_at": "calls.received_at",
            "signal_count": "cast(1 as bigint)",
            "is_confirmed": "coalesce(calls.result_code = 'VALID', false)",
            "community_code": "elders.community_code",
            "place_key": "'terminal|' || calls.terminal_no",
            "elder_no": "calls.elder_no",
            "person_table": "'elder'",
            "person_record_id": "elders._source_record_id",
            "person_role_code": "'SUBJECT'",
        }) }}
    from calls
    left join elders
        on calls.elder_no = elders.elder_no
    left join dispatches
        on calls.call_no = dispatches.call_no

)

select * from reports
