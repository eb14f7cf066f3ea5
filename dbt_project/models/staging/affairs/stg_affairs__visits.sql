{%- set landed = new_landed_rows("affairs", "visit") -%}
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

renamed as (

    select
        visit_id,
        county_code,
        case_no,
        {{ record_id_of(["county_code", "case_no"]) }} as case_source_record_id,
        visited_at,
        {{ local_date("visited_at") }} as visited_date,
        place_code,
        purpose_code,
        updated_at,
        is_deleted,
        _source_record_id,
        _batch_id,
        _landed_at,
        {{ no_findings() }} as _findings
    from changed

)

select * from renamed
