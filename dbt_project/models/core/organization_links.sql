with

resolved as (

    select * from {{ ref("int_organizations_resolved") }}

),

registered as (

    select * from {{ ref("stg_organizations__orgs") }}

),

changes as (

    select * from {{ ref("stg_organizations__org_changes") }}
    where not is_deleted

),

-- A change with an unknown register number belongs to the organization with the same digits, if the
-- register's values match the change.
recognised as (

    select
        changes._source_record_id as source_record_id,
        min(registered.entity_no) as entity_no
    from changes
    left join registered as known
        on changes.entity_no = known.entity_no
    inner join registered
        on
            substr(changes.entity_no, 3) = substr(registered.entity_no, 3)
            and (
                changes.value_after in (
                    registered.org_name,
                    registered.address,
                    registered.legal_person_name_raw,
                    cast({{ whole_number("registered.employees") }} as {{ text_type() }})
                )
                or changes.changed_on = registered.cancelled_on
            )
    where known.entity_no is null
    group by changes._source_record_id
    having count(*) = 1

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
        case when recognised.entity_no is null then 'REGISTER NUMBER' else 'REGISTER DIGITS' end as match_rule
    from changes
    left join recognised
        on changes._source_record_id = recognised.source_record_id
    inner join resolved
        on
            coalesce(recognised.entity_no, changes.entity_no) = resolved.source_record_id
            and resolved.source_table = 'org'

)

select * from links
