with

versions as (

    select * from {{ ref("stg_organizations__org_versions") }}

),

final as (

    select
        entity_no,
        credit_code,
        credit_code_status,
        registration_no,
        org_name,
        org_type_code,
        registrar_code,
        industry,
        address,
        address_key,
        community_code,
        employees,
        registered_on,
        cancelled_on,
        status_code,
        legal_person_name_standard as legal_person_name,
        legal_person_id_number,
        version_number,
        version_from as valid_from,
        version_to as valid_to,
        is_current,
        known_from,
        known_to
    from versions

)

select * from final
