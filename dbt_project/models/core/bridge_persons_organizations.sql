with

organizations as (

    select * from {{ ref("int_organizations_resolved") }}

),

persons as (

    select * from {{ ref("person_links") }}
    where source_table in ('org', 'org_community')

),

led as (

    select
        persons.person_id,
        organizations.organization_id,
        'LEGAL_PERSON' as role_code,
        min(organizations.registered_on) as valid_from,
        max(organizations.cancelled_on) as valid_to,
        count(distinct organizations.source_system) as source_count
    from organizations
    inner join persons
        on
            organizations.source_system = persons.source_system
            and organizations.source_table = persons.source_table
            and organizations.source_record_id = persons.source_record_id
    group by persons.person_id, organizations.organization_id

)

select * from led
