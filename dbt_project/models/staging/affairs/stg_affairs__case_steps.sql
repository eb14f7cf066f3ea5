{{ config(
    materialized="incremental",
    incremental_strategy="delete+insert",
    unique_key="_source_record_id",
    post_hook="{{ mark_consumed('affairs', 'case_step') }}",
) }}

with

source as (

    {{ new_landed_rows("affairs", "case_step") }}

),

newest as (

    {{ newest_versions("source", "updated_at") }}

),

changed as (

    {{ not_older_than_staged("newest", "updated_at") }}

),

renamed as (

    select
        step_id,
        county_code,
        case_no,
        county_code || '|' || case_no as case_source_record_id,
        step_code,
        started_at,
        finished_at,
        handler_department_code,
        updated_at,
        is_deleted,
        _source_record_id,
        _batch_id,
        _landed_at,
        {{ no_findings() }} as _findings
    from changed

)

select * from renamed
