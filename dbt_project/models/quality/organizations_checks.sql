{{ config(materialized="ephemeral") }}

{#- Findings that other rows of the register reveal, and names not in the register's form: one
   division in front, 有限公司 for a company, no branch at the end. -#}
{%- set division = "(大通区|田家庵区|谢家集区|八公山区|潘集区|凤台县|寿县)" -%}
with

organizations as (

    select
        *,
        coalesce(credit_code, case when credit_code_status = 'confusable' then credit_code_unverified end) as code
    from {{ ref("stg_organizations__orgs") }}
    where not is_deleted

),

ranked as (

    select
        *,
        row_number() over (partition by code order by entity_no) as code_rank,
        row_number() over (partition by registration_no order by entity_no) as registration_rank,
        row_number() over (partition by org_name, community_code order by entity_no) as name_rank
    from organizations

),

-- Organizations that the register has cancelled and another source still lists as active.
listed_elsewhere as (

    select
        records.source_system,
        records.source_table,
        records.source_record_id,
        own._batch_id,
        own._landed_at
    from {{ ref("organization_links") }} as records
    inner join {{ ref("dim_organizations") }} as held
        on records.organization_id = held.organization_id and held.is_cancelled_but_active
    inner join {{ ref("stg_civil_affairs__community_organizations") }} as own
        on records.source_table = 'org_community' and records.source_record_id = own._source_record_id
    where own.status_code = '1' and not own.is_deleted

),

changes as (

    select
        changes.*,
        known.entity_no is null as is_of_nobody
    from {{ ref("stg_organizations__org_changes") }} as changes
    left join {{ ref("stg_organizations__orgs") }} as known
        on changes.entity_no = known.entity_no
    where not changes.is_deleted

)

select
    'organizations' as source_system,
    'org' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "(code is not null and code_rank > 1) or (registration_no is not null and registration_rank > 1)"
            " or name_rank > 1",
            "entity_no", "organization_duplicate", "flagged", "organizations.same_organization"
        ),
        finding(
            regex_matches("org_name", "有限责任公司|(分公司|分店|[（(]分部[）)])$")
            ~ " or " ~ regex_matches("org_name", "^(安徽省)?淮南市" ~ division)
            ~ " or not " ~ regex_matches("org_name", "^(安徽省)?(淮南|" ~ division ~ ")"),
            "org_name", "organization_name_variant", "flagged", "organizations.name_form"
        ),
    ]) }} as _findings
from ranked
union all
select
    'organizations' as source_system,
    'org_change' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_of_nobody", "entity_no", "reference_unknown", "flagged", "organizations.entity_known"),
    ]) }} as _findings
from changes
union all
select
    source_system,
    source_table,
    source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "source_record_id is not null",
            "status_code", "organization_cancelled_active", "flagged", "organizations.cancelled_elsewhere"
        ),
    ]) }} as _findings
from listed_elsewhere
