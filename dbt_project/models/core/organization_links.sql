with

resolved as (

    select * from {{ ref("int_organizations_resolved") }}

),

changes as (

    select * from {{ ref("stg_organizations__org_changes") }}
    where not is_deleted

),

links as (

    select
        source_system,
        source_table,
        source_record_id,
        organization_id,
        match_rule
    from resolved
    union all
    select
        'organizations' as source_system,
        'org_change' as source_table,
        changes._source_record_id as source_record_id,
        resolved.organization_id,
        'REGISTER NUMBER' as match_rule
    from changes
    inner join resolved
        on changes.entity_no = resolved.source_record_id and resolved.source_table = 'org'

)

select * from links
