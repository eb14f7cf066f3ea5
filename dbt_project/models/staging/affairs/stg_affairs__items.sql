{{ config(
    materialized="incremental",
    incremental_strategy="delete+insert",
    unique_key="_source_record_id",
    post_hook="{{ mark_consumed('affairs', 'item_list') }}",
) }}

with

source as (

    {{ new_landed_rows("affairs", "item_list") }}

),

newest as (

    {{ newest_versions("source", "updated_at") }}

),

changed as (

    {{ not_older_than_staged("newest", "updated_at") }}

),

renamed as (

    select
        item_code,
        item_name,
        department_code,
        time_limit_working_days,
        is_one_visit,
        is_single_handling,
        is_online,
        updated_at,
        is_deleted,
        _source_record_id,
        _batch_id,
        _landed_at,
        {{ no_findings() }} as _findings
    from changed

)

select * from renamed
