{{ config(materialized="ephemeral") }}

{#- Findings about a case or step that only other rows of the service platform reveal. -#}
with

cases as (

    select
        *,
        substr(case_no, 5, 2) as number_prefix
    from {{ ref("stg_affairs__cases") }}

),

-- Counties number their own cases; the most frequent prefix of a county's numbers is its own.
prefixes as (

    select
        county_code,
        number_prefix,
        row_number() over (partition by county_code order by count(*) desc, number_prefix) as prefix_rank
    from cases
    group by county_code, number_prefix

),

steps as (

    select
        *,
        lead(step_code) over (
            partition by case_source_record_id order by started_at, step_id
        ) as next_step_code,
        max(case when step_code in ('CLOSE', 'REOPEN') then 1 else 0 end) over (
            partition by case_source_record_id order by started_at, step_id
            rows between 1 following and unbounded following
        ) as is_closed_after
    from {{ ref("stg_affairs__case_steps") }}
    where not is_deleted

),

reopened as (

    select distinct case_source_record_id
    from steps
    where step_code = 'REOPEN'

),

repeated as (

    select source_record_id
    from {{ ref("fct_event_reports") }}
    where source_table = 'case' and is_told_again

),

judged_cases as (

    select
        cases._source_record_id as source_record_id,
        cases._batch_id,
        cases._landed_at,
        cases.is_test,
        own.number_prefix <> cases.number_prefix and other.county_code is not null as is_number_reused,
        reopened.case_source_record_id is not null as is_reopened,
        repeated.source_record_id is not null as is_repeated
    from cases
    inner join prefixes as own
        on cases.county_code = own.county_code and own.prefix_rank = 1
    left join prefixes as other
        on
            cases.number_prefix = other.number_prefix
            and cases.county_code <> other.county_code
            and other.prefix_rank = 1
    left join reopened
        on cases._source_record_id = reopened.case_source_record_id
    left join repeated
        on cases._source_record_id = repeated.source_record_id

)

select
    'affairs' as source_system,
    'case' as source_table,
    source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_number_reused", "case_no", "case_no_reused", "repaired", "cases.number_of_county"),
        finding("is_reopened", "status_code", "case_reopened", "flagged", "cases.reopened"),
        finding("is_repeated", "subject", "incident_reported_again", "repaired", "cases.same_incident"),
    ]) }} as _findings
from judged_cases
union all
select
    'affairs' as source_system,
    'case_step' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "finished_at is null and step_code <> 'REOPEN'"
            " and (next_step_code not in ('ACCEPT', 'ASSIGN') or is_closed_after = 1"
            " or step_code in ('ACCEPT', 'ASSIGN', 'CLOSE'))",
            "finished_at", "step_time_missing", "flagged", "cases.step_finished"
        ),
    ]) }} as _findings
from steps
