{{ config(materialized="ephemeral") }}

{#- What each source record says about the person it was resolved to. -#}
with

candidates as (

    select * from {{ ref("int_persons_candidates") }}

),

assignments as (

    select * from {{ source("identity", "person_assignments") }}

),

registered as (

    select
        'population|hj_person|' || _source_record_id as record_key,
        verified_at,
        relation_to_head_code
    from {{ ref("stg_population__hj_persons") }}
    union all
    select
        'population|ld_person|' || _source_record_id as record_key,
        verified_at,
        cast(null as {{ dbt.type_string() }}) as relation_to_head_code
    from {{ ref("stg_population__ld_persons") }}

),

resolved as (

    select
        assignments.person_id,
        candidates.*,
        registered.verified_at,
        registered.relation_to_head_code,
        case candidates.source_table
            when 'hj_person' then 1
            when 'ld_person' then 2
            when 'case' then 3
            else 4
        end as source_rank,
        assignments.is_number_trusted and not candidates.is_id_doubtful as is_id_trusted,
        candidates.source_table in ('hj_person', 'ld_person')
        and candidates.status_code = '3'
        and not candidates.is_deleted as says_deceased
    from candidates
    inner join assignments
        on candidates.record_key = assignments.record_key
    left join registered
        on candidates.record_key = registered.record_key

)

select * from resolved
