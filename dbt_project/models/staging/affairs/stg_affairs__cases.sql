{%- set landed = new_landed_rows("affairs", "case") -%}
with

repeated as (

    {{ repeated_records(landed) }}

),

newest as (

    {{ newest_versions(landed, "updated_at") }}

),

changed as (

    {{ not_older_than_staged("newest", "updated_at") }}

),

persons as (

    {{ standardised_persons("changed", applicant_columns()) }}

),

addresses as (

    {{ parsed_addresses("persons", "applicant_address", landed) }}

),

renamed as (

    select
        county_code,
        case_no,
        case_type_code,
        nullif(item_code, '') as item_code,
        nullif(incident_kind_code, '') as incident_kind_code,
        channel_code,
        {{ person_standard_columns("applicant_name", "cast(null as " ~ text_type() ~ ")", "applicant_") }},
        applicant_address,
        address_county,
        address_town,
        address_community,
        address_road,
        address_estate,
        address_building,
        address_unit,
        address_room,
        address_level,
        {{ address_key() }} as address_key,
        nullif(community_code, '') as community_code,
        nullif(grid_code, '') as grid_code,
        longitude,
        latitude,
        subject,
        reported_at,
        accepted_at,
        due_at,
        case when closed_at < accepted_at then null else closed_at end as closed_at,
        closed_at as recorded_closed_at,
        status_code,
        coalesce({{ is_test_case() }}, false) as is_test,
        updated_at,
        is_deleted,
        _source_record_id,
        _batch_id,
        _landed_at,
        {{ join_arrays([
            "case when applicant_name is null or " ~ is_test_case() ~ " then " ~ no_findings()
            ~ " else person_findings end",
            case_findings(),
        ]) }} as _findings
    from addresses

)

select * from renamed
