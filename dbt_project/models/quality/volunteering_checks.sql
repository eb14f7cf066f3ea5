{{ config(materialized="ephemeral") }}

{#- Findings about volunteers, their hours, and projects with their claims that only other rows
   reveal. -#}
with

volunteers as (

    select * from {{ ref("stg_volunteering__volunteers") }}
    where not is_deleted

),

earlier_volunteers as (

    {{ earlier_records_of_person(
        "volunteers", "registered_on", ["phone", "cast(birth_date as " ~ text_type() ~ ") || '|' || community_code"]
    ) }}

),

hours as (

    select
        *,
        row_number() over (partition by volunteer_no, activity_no, started_at order by hour_no) as entry_place
    from {{ ref("stg_volunteering__service_hours") }}
    where not is_deleted

),

-- A service hour entered twice overlaps itself; that is reported only once.
spans as (

    select
        _source_record_id,
        started_at < max(ended_at) over (
            partition by volunteer_no order by started_at, hour_no
            rows between unbounded preceding and 1 preceding
        ) as is_overlapping
    from hours
    where entry_place = 1

),

projects as (

    select * from {{ ref("stg_volunteering__micro_projects") }}
    where not is_deleted

),

claims as (

    select
        *,
        row_number() over (partition by project_no order by claimed_at, claim_no) as claim_place
    from {{ ref("stg_volunteering__claims") }}
    where not is_deleted and status_code <> 'ABANDONED'

),

claimed as (

    select distinct project_no
    from claims

)

select
    'volunteering' as source_system,
    'volunteer' as source_table,
    volunteers._source_record_id as source_record_id,
    volunteers._batch_id,
    volunteers._landed_at,
    {{ array_of_texts([
        finding("earlier_records_count > 0", "volunteer_no", "person_duplicate", "flagged", "volunteers.same_person"),
    ]) }} as _findings
from volunteers
inner join earlier_volunteers
    on volunteers._source_record_id = earlier_volunteers._source_record_id
union all
select
    'volunteering' as source_system,
    'service_hour' as source_table,
    hours._source_record_id as source_record_id,
    hours._batch_id,
    hours._landed_at,
    {{ array_of_texts([
        finding("entry_place > 1", "hour_no", "hours_entered_twice", "flagged", "hours.same_activity"),
        finding("is_overlapping", "started_at", "hours_overlapping", "flagged", "hours.same_time"),
    ]) }} as _findings
from hours
left join spans
    on hours._source_record_id = spans._source_record_id
union all
select
    'volunteering' as source_system,
    'micro_project' as source_table,
    projects._source_record_id as source_record_id,
    projects._batch_id,
    projects._landed_at,
    {{ array_of_texts([
        finding(
            "projects.status_code = 'PUBLISHED'", "status_code", "project_status_stale", "flagged", "projects.claims"
        ),
    ]) }} as _findings
from projects
inner join claimed
    on projects.project_no = claimed.project_no
union all
select
    'volunteering' as source_system,
    'claim' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("claim_place > 1", "project_no", "project_claimed_twice", "flagged", "claims.same_project"),
    ]) }} as _findings
from claims
