{#- Every record that names an organization, in a common form. -#}
{%- set text = text_type() -%}
with

registered as (

    select
        'organizations' as source_system,
        'org' as source_table,
        _source_record_id as source_record_id,
        1 as source_rank,
        credit_code,
        credit_code_unverified,
        credit_code_status,
        registration_no,
        org_name as organization_name,
        registered_on,
        cancelled_on,
        community_code,
        address_key,
        legal_person_id_number,
        legal_person_phone,
        status_code = '1' and cancelled_on is null as is_active,
        status_code = '3' or cancelled_on is not null as is_cancelled,
        updated_at
    from {{ ref("stg_organizations__orgs") }}
    where not is_deleted

),

filed as (

    select
        'civil_affairs' as source_system,
        'org_community' as source_table,
        _source_record_id as source_record_id,
        2 as source_rank,
        credit_code,
        credit_code_unverified,
        credit_code_status,
        cast(null as {{ text }}) as registration_no,
        name as organization_name,
        registered_on,
        cancelled_on,
        community_code,
        address_key,
        legal_person_id_number,
        legal_person_phone,
        status_code = '1' as is_active,
        status_code = '2' or cancelled_on is not null as is_cancelled,
        updated_at
    from {{ ref("stg_civil_affairs__community_organizations") }}
    where not is_deleted

),

managing as (

    select
        'property' as source_system,
        'estate' as source_table,
        _source_record_id as source_record_id,
        3 as source_rank,
        company_credit_code as credit_code,
        company_credit_code_unverified as credit_code_unverified,
        company_credit_code_status as credit_code_status,
        cast(null as {{ text }}) as registration_no,
        company_name as organization_name,
        cast(null as date) as registered_on,
        cast(null as date) as cancelled_on,
        cast(null as {{ text }}) as community_code,
        cast(null as {{ text }}) as address_key,
        cast(null as {{ text }}) as legal_person_id_number,
        cast(null as {{ text }}) as legal_person_phone,
        true as is_active,
        false as is_cancelled,
        updated_at
    from {{ ref("stg_property__estates") }}
    where not is_deleted

),

hosting as (

    select
        'party' as source_system,
        'branch' as source_table,
        _source_record_id as source_record_id,
        4 as source_rank,
        host_credit_code as credit_code,
        host_credit_code_unverified as credit_code_unverified,
        host_credit_code_status as credit_code_status,
        cast(null as {{ text }}) as registration_no,
        -- A unit's branch is named after it: 某某公司党支部.
        {{ regex_replace("branch_name", "党(支部|总支|委)(委员会)?$") }} as organization_name,
        cast(null as date) as registered_on,
        cast(null as date) as cancelled_on,
        community_code,
        cast(null as {{ text }}) as address_key,
        cast(null as {{ text }}) as legal_person_id_number,
        cast(null as {{ text }}) as legal_person_phone,
        status_code = '1' as is_active,
        false as is_cancelled,
        updated_at
    from {{ ref("stg_party__branches") }}
    where not is_deleted

),

named as (

    select * from registered
    union all
    select * from filed
    union all
    select * from managing
    union all
    select * from hosting

),

final as (

    select
        {{ joined_record_key() }} as record_key,
        source_system,
        source_table,
        source_record_id,
        source_rank,
        credit_code,
        case when credit_code_status = 'confusable' then {{ credit_code_candidate("credit_code_unverified") }} end
            as candidate_code,
        {{ organization_body("coalesce(credit_code, credit_code_unverified)") }} as code_body,
        coalesce(
            registration_no, case when credit_code_status = 'registration_no' then credit_code_unverified end
        ) as registration_no,
        {{ half_width("organization_name") }} as organization_name,
        {{ organization_name_key("organization_name") }} as name_key,
        registered_on,
        cancelled_on,
        community_code,
        address_key,
        legal_person_id_number,
        legal_person_phone,
        is_active,
        is_cancelled,
        updated_at
    from named

)

select * from final
