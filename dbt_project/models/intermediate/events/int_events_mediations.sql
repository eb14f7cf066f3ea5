with

mediations as (

    select * from {{ ref("stg_deliberation__mediations") }}
    where not is_deleted

),

reports as (

    select
        {{ event_report_columns({
            "report_key": "'mediation|' || _source_record_id",
            "source_system": "'deliberation'",
            "source_table": "'mediation'",
            "source_record_id": "_source_record_id",
            "source_code": "'PUBLIC'",
            "source_kind_code": "dispute_kind_code",
            "reported_at": "coalesce(requested_at, updated_at)",
            "known_at": "coalesce(requested_at, updated_at)",
            "accepted_at": "requested_at",
            "handled_at": "concluded_at",
            "closed_at": "concluded_at",
            "updated_at": "updated_at",
            "signal_count": "cast(1 as bigint)",
            "is_confirmed": "coalesce(result_code, '') <> 'WITHDRAWN'",
            "county_code": "county_code",
            "community_code": "community_code",
            "person_table": "'mediation'",
            "person_record_id": "_source_record_id",
            "person_role_code": "'REPORTER'",
        }) }}
    from mediations

)

select * from reports
