{{ config(materialized="ephemeral") }}

{#- Findings that the party's other lists reveal: members on two lists, branches and members that are
   missing or gone, and meetings recorded a month late or before they were held, where the clerks'
   dates can be read. -#}
with

members as (

    select
        members.*,
        case when not members.is_id_doubtful_member then members.number end as trusted_number,
        branches.branch_no is null as is_branch_unknown,
        branches.status_code = '2' as is_branch_merged
    from (
        select
            *,
            coalesce(member_is_id_doubtful, false) as is_id_doubtful_member,
            member_id_number as number
        from {{ ref("stg_party__members") }}
        where not is_deleted
    ) as members
    left join {{ ref("stg_party__branches") }} as branches
        on members.branch_no = branches.branch_no

),

ranked as (

    select
        *,
        row_number() over (partition by trusted_number order by member_no) as number_rank,
        row_number() over (partition by member_name_standard, member_birth_date order by member_no) as birth_rank,
        row_number() over (partition by member_name_standard, member_phone order by member_no) as phone_rank
    from members

),

meetings as (

    select
        meetings.*,
        branches.branch_no is null as is_branch_unknown,
        branches.status_code = '2' as is_branch_merged
    from {{ ref("stg_party__meetings") }} as meetings
    left join {{ ref("stg_party__branches") }} as branches
        on meetings.branch_no = branches.branch_no
    where not meetings.is_deleted

),

attendances as (

    select
        attendances.*,
        members.member_no is null as is_member_unknown,
        meetings.meeting_no is null as is_meeting_unknown
    from {{ ref("stg_party__attendances") }} as attendances
    left join {{ ref("stg_party__members") }} as members
        on attendances.member_no = members.member_no
    left join {{ ref("stg_party__meetings") }} as meetings
        on attendances.meeting_no = meetings.meeting_no
    where not attendances.is_deleted

)

{% set branch_findings = [
    finding("is_branch_unknown", "branch_no", "reference_unknown", "flagged", "party.branch_known"),
    finding("is_branch_merged", "branch_no", "branch_merged_away", "flagged", "party.branch_merged"),
] -%}
select
    'party' as source_system,
    'member' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "(trusted_number is not null and number_rank > 1)"
            " or (member_name_standard is not null and member_birth_date is not null and birth_rank > 1)"
            " or (member_name_standard is not null and member_phone is not null and phone_rank > 1)",
            "member_no", "person_duplicate", "flagged", "party.same_member"
        ),
    ] + branch_findings) }} as _findings
from ranked
union all
select
    'party' as source_system,
    'meeting' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts(branch_findings + [
        finding(
            days_between("held_on", "recorded_on") ~ " > 30",
            "recorded_on", "meeting_back_filled", "flagged", "party.recorded_within_a_month"
        ),
        finding(
            "recorded_on < held_on",
            "recorded_on", "time_order_implausible", "flagged", "party.recorded_after_held"
        ),
    ]) }} as _findings
from meetings
union all
select
    'party' as source_system,
    'attendance' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_member_unknown", "member_no", "reference_unknown", "flagged", "party.member_known"),
        finding("is_meeting_unknown", "meeting_no", "reference_unknown", "flagged", "party.meeting_known"),
    ]) }} as _findings
from attendances
