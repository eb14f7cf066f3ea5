{{ config(materialized="ephemeral") }}

{#- Findings about the lists of Civil Affairs that only other records reveal: duplicate entries,
   payments after death or too early, certificates with two holders, organizations located
   elsewhere. -#}
with

benefits as (

    select
        *,
        {{ sure_id_number("recipient_") }} as sure_id_number,
        {{ months_between("recipient_birth_date", "period") }}
        - case when extract(day from recipient_birth_date) > 1 then 1 else 0 end as age_in_months
    from {{ ref("stg_civil_affairs__benefits") }}
    where not is_deleted

),

paid_twice as (

    {{ repeated_persons(
        "benefits",
        "concat_ws('|', cast(period as " ~ text_type() ~ "), benefit_type_code)",
        "benefit_no",
        [
            ["sure_id_number"],
            ["recipient_name_standard", "recipient_birth_date"],
            ["recipient_name_standard", "recipient_phone"],
            ["recipient_birth_date", "recipient_phone"],
        ],
    ) }}

),

paid_after_death as (

    {{ registered_as_dead("benefits", "recipient_") }}

),

judged_benefits as (

    select
        benefits.*,
        paid_twice._source_record_id is not null as is_paid_twice,
        paid_after_death._source_record_id is not null and benefits.status_code in ('1', '3')
            as is_paid_after_death,
        -- A recorded birth date may be a year off; one from a valid number is not.
        benefits.benefit_type_code = '31'
        and benefits.age_in_months < case when benefits.sure_id_number is null then 79 * 12 else 80 * 12 end
            as is_too_young
    from benefits
    left join paid_twice
        on benefits._source_record_id = paid_twice._source_record_id
    left join paid_after_death
        on benefits._source_record_id = paid_after_death._source_record_id

),

workers as (

    select
        *,
        case when id_number_status = 'valid' and not is_id_doubtful then id_number end as sure_id_number,
        row_number() over (partition by certificate_no order by joined_on, worker_no) as certificate_place
    from {{ ref("stg_civil_affairs__workers") }}
    where not is_deleted

),

listed_twice as (

    {{ repeated_persons(
        "workers",
        "'roll'",
        "coalesce(cast(joined_on as " ~ text_type() ~ "), '') || '|' || worker_no",
        [["sure_id_number"], ["name_standard", "birth_date"], ["name_standard", "phone"], ["birth_date", "phone"]],
    ) }}

),

grids as (

    select distinct grid_code
    from {{ ref("int_houses_addressed") }}
    where grid_code is not null

),

judged_workers as (

    select
        workers.*,
        listed_twice._source_record_id is not null as is_listed_twice,
        grids.grid_code is not null as is_grid_known
    from workers
    left join listed_twice
        on workers._source_record_id = listed_twice._source_record_id
    left join grids
        on workers.grid_code = grids.grid_code

),

organizations as (

    select * from {{ ref("stg_civil_affairs__community_organizations") }}
    where not is_deleted

),

addressed_organizations as (

    {{ with_addressed_community("organizations") }}

)

select
    'civil_affairs' as source_system,
    'benefit' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_paid_twice", "benefit_no", "person_duplicate", "flagged", "benefits.same_person_and_month"),
        finding("is_paid_after_death", "status_code", "dead_active", "flagged", "benefits.deceased"),
        finding("is_too_young", "benefit_type_code", "benefit_ineligible", "flagged", "benefits.old_age_from_80"),
    ]) }} as _findings
from judged_benefits
union all
select
    'civil_affairs' as source_system,
    'worker' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_listed_twice", "worker_no", "person_duplicate", "flagged", "workers.same_person"),
        finding(
            "certificate_no is not null and certificate_place > 1",
            "certificate_no", "certificate_duplicate", "flagged", "workers.one_holder"
        ),
        finding(
            "role_code = '11' and not coalesce(" ~ is_grid_assigned("grid_code") ~ ", false)",
            "grid_code", "grid_missing", "flagged", "workers.grid_of_grid_workers"
        ),
        finding(
            is_grid_assigned("grid_code") ~ " and not is_grid_known",
            "grid_code", "grid_stale", "flagged", "workers.grid_register"
        ),
    ]) }} as _findings
from judged_workers
union all
select
    'civil_affairs' as source_system,
    'org_community' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "addressed_community_code <> community_code",
            "community_code", "wrong_community", "flagged", "organizations.addressed_community"
        ),
    ]) }} as _findings
from addressed_organizations
