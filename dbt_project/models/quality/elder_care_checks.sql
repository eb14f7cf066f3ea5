{{ config(materialized="ephemeral") }}

{#- Findings about elder care that only other records reveal: elders registered twice or dead, calls
   and visits sent twice, terminals and visits of elders missing from the register. -#}
with

elders as (

    select
        *,
        {{ sure_id_number("elder_") }} as sure_id_number
    from {{ ref("stg_elder_care__elders") }}
    where not is_deleted

),

registered_twice as (

    {{ repeated_persons(
        "elders",
        "'register'",
        "cast(registered_on as " ~ text_type() ~ ") || '|' || elder_no",
        [
            ["sure_id_number"],
            ["elder_name_standard", "elder_birth_date", "community_code"],
            ["elder_name_standard", "elder_birth_date", "elder_phone"],
            ["elder_name_standard", "elder_phone"],
        ],
    ) }}

),

dead as (

    {{ registered_as_dead("elders", "elder_") }}

),

judged_elders as (

    select
        elders.*,
        registered_twice._source_record_id is not null as is_registered_twice,
        dead._source_record_id is not null and elders.status_code = '1' as is_dead_but_active
    from elders
    left join registered_twice
        on elders._source_record_id = registered_twice._source_record_id
    left join dead
        on elders._source_record_id = dead._source_record_id

),

calls as (

    select
        *,
        lag(received_at) over (
            partition by terminal_no, call_type_code order by received_at, call_no
        ) as previous_received_at
    from {{ ref("stg_elder_care__sos_calls") }}

),

visits as (

    select
        visits.*,
        elders.elder_no is null as is_elder_unknown,
        row_number() over (
            partition by visits.elder_no, visits.visited_at order by visits.updated_at, visits.visit_no
        ) as visit_rank
    from {{ ref("stg_elder_care__visits") }} as visits
    left join {{ ref("stg_elder_care__elders") }} as elders
        on visits.elder_no = elders.elder_no

),

terminals as (

    select
        terminals.*,
        elders.elder_no is null as is_elder_unknown
    from {{ ref("stg_elder_care__terminals") }} as terminals
    left join {{ ref("stg_elder_care__elders") }} as elders
        on terminals.elder_no = elders.elder_no

)

{% set elder_known = finding(
    "is_elder_unknown", "elder_no", "reference_unknown", "flagged", "elder_care.elder_known"
) -%}
select
    'elder_care' as source_system,
    'elder' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_registered_twice", "elder_no", "person_duplicate", "flagged", "elder_care.same_elder"),
        finding("is_dead_but_active", "status_code", "dead_active", "flagged", "elder_care.deceased"),
    ]) }} as _findings
from judged_elders
union all
select
    'elder_care' as source_system,
    'sos_call' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            seconds_between("previous_received_at", "received_at") ~ " <= 60",
            "call_no", "sos_call_duplicate", "flagged", "elder_care.same_call"
        ),
    ]) }} as _findings
from calls
union all
select
    'elder_care' as source_system,
    'visit' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        elder_known,
        finding("visit_rank > 1", "visit_no", "visit_duplicate", "flagged", "elder_care.same_visit"),
    ]) }} as _findings
from visits
union all
select
    'elder_care' as source_system,
    'terminal' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([elder_known]) }} as _findings
from terminals
