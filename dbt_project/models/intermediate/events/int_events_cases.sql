with

cases as (

    select * from {{ ref("stg_affairs__cases") }}
    where case_type_code = 'INCIDENT' and not is_deleted and not is_test

),

steps as (

    select
        case_source_record_id,
        min(case when step_code = 'ASSIGN' then coalesce(finished_at, started_at) end) as dispatched_at,
        max(case when step_code = 'HANDLE' then finished_at end) as handled_at,
        max(case when step_code = 'REOPEN' then started_at end) as reopened_at
    from {{ ref("stg_affairs__case_steps") }}
    where not is_deleted
    group by case_source_record_id

),

reports as (

    select
        {{ event_report_columns({
            "report_key": "'case|' || cases._source_record_id",
            "source_system": "'affairs'",
            "source_table": "'case'",
            "source_record_id": "cases._source_record_id",
            "source_code": (
                "case when cases.channel_code in ('PATROL', 'SUPERIOR', 'HOTLINE') then cases.channel_code"
                " else 'PUBLIC' end"
            ),
            "source_kind_code": "cases.incident_kind_code",
            "reported_at": "coalesce(cases.reported_at, cases.accepted_at, cases.updated_at)",
            "known_at": "coalesce(cases.reported_at, cases.accepted_at, cases.updated_at)",
            "accepted_at": "cases.accepted_at",
            "dispatched_at": "steps.dispatched_at",
            "handled_at": "steps.handled_at",
            "closed_at": "cases.closed_at",
            "reopened_at": "steps.reopened_at",
            "updated_at": "cases.updated_at",
            "signal_count": "cast(1 as bigint)",
            "is_confirmed": "cases.status_code not in ('WITHDRAWN', 'REJECTED')",
            "is_mediation_asked": "coalesce(cases.subject like '%调解%', false)",
            "county_code": "cases.county_code",
            "community_code": "cases.community_code",
            "grid_code": "cases.grid_code",
            "person_table": "'case'",
            "person_record_id": "cases._source_record_id",
            "person_role_code": "'REPORTER'",
            "longitude": "cases.longitude",
            "latitude": "cases.latitude",
        }) }}
    from cases
    left join steps
        on cases._source_record_id = steps.case_source_record_id

)

select * from reports
