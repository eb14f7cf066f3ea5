with

repairs as (

    select * from {{ ref("stg_property__repairs") }}
    where not is_deleted

),

units as (

    select * from {{ ref("stg_property__units") }}

),

estates as (

    select * from {{ ref("stg_property__estates") }}

),

reports as (

    select
        {{ event_report_columns({
            "report_key": "'repair|' || repairs._source_record_id",
            "source_system": "'property'",
            "source_table": "'repair'",
            "source_record_id": "repairs._source_record_id",
            "source_code": "'PUBLIC'",
            "source_kind_code": "repairs.category_code",
            "reported_at": "coalesce(repairs.reported_at, repairs.accepted_at, repairs.updated_at)",
            "known_at": "coalesce(repairs.reported_at, repairs.accepted_at, repairs.updated_at)",
            "accepted_at": "repairs.accepted_at",
            "handled_at": "repairs.done_at",
            "closed_at": "repairs.done_at",
            "updated_at": "repairs.updated_at",
            "signal_count": "cast(1 as bigint)",
            "is_confirmed": "repairs.status_code <> 'CANCELLED'",
            "county_code": "estates.county_code",
            "community_code": "estates.community_code",
            "house_code": "units.house_code",
            "place_key": "'unit|' || repairs.unit_id",
            "estate_no": "repairs.estate_no",
            "person_table": "'repair'",
            "person_record_id": "repairs._source_record_id",
            "person_role_code": "'REPORTER'",
        }) }}
    from repairs
    left join units
        on repairs.unit_id = units.unit_id
    left join estates
        on repairs.estate_no = estates.estate_no

)

select * from reports
