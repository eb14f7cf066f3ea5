{{ config(materialized="ephemeral") }}

{#- Every version of every registration of residents and floating people, minors included. -#}
with

residents as (

    select
        'hj_person' as source_table,
        person_no as registration_no,
        id_number,
        id_number_status,
        name_standard as name,
        sex_code,
        birth_date,
        phone,
        residence_house_code,
        community_code,
        grid_code,
        status_code,
        version_number,
        version_from as valid_from,
        version_to as valid_to,
        is_current,
        known_from,
        known_to
    from {{ ref("stg_population__hj_person_versions") }}

),

floaters as (

    select
        'ld_person' as source_table,
        floater_no as registration_no,
        id_number,
        id_number_status,
        name_standard as name,
        sex_code,
        birth_date,
        phone,
        residence_house_code,
        community_code,
        grid_code,
        status_code,
        version_number,
        version_from as valid_from,
        version_to as valid_to,
        is_current,
        known_from,
        known_to
    from {{ ref("stg_population__ld_person_versions") }}

),

versions as (

    select * from residents
    union all
    select * from floaters

)

select
    *,
    {{ is_minor("coalesce(birth_date, " ~ identity_birth_date("id_number") ~ ")") }} as is_minor
from versions
