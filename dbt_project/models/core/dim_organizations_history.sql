with

versions as (

    select * from {{ ref("stg_organizations__org_versions") }}

),

links as (

    select * from {{ ref("organization_links") }}
    where source_system = 'organizations' and source_table = 'org'

),

final as (

    select
        links.organization_id,
        versions.entity_no,
        versions.credit_code,
        versions.credit_code_status,
        versions.registration_no,
        versions.org_name,
        versions.org_type_code,
        versions.registrar_code,
        versions.industry,
        versions.address,
        versions.address_key,
        versions.community_code,
        versions.employees,
        versions.registered_on,
        versions.cancelled_on,
        versions.status_code,
        versions.legal_person_name_standard as legal_person_name,
        versions.legal_person_id_number,
        versions.version_number,
        versions.version_from as valid_from,
        versions.version_to as valid_to,
        versions.is_current,
        versions.known_from,
        versions.known_to
    from versions
    left join links
        on versions._source_record_id = links.source_record_id

)

select * from final
