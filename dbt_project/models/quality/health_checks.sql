{{ config(materialized="ephemeral") }}

{#- Findings about health that only other records reveal: residents with two records or dead,
   contracts that overlap or have no record, duplicate bookings. -#}
with

residents as (

    select
        *,
        {{ sure_id_number("resident_") }} as sure_id_number
    from {{ ref("stg_health__ehr_indexes") }}
    where not is_deleted

),

recorded_twice as (

    {{ repeated_persons(
        "residents",
        "'index'",
        "cast(established_on as " ~ text_type() ~ ") || '|' || ehr_no",
        [
            ["sure_id_number"],
            ["health_card_no"],
            ["resident_name_standard", "resident_birth_date", "community_code"],
            ["resident_name_standard", "resident_birth_date", "resident_phone"],
            ["resident_name_standard", "resident_phone"],
        ],
    ) }}

),

dead as (

    {{ registered_as_dead("residents", "resident_") }}

),

judged_residents as (

    select
        residents.*,
        recorded_twice._source_record_id is not null as is_recorded_twice,
        dead._source_record_id is not null and residents.status_code = '1' as is_dead_but_active
    from residents
    left join recorded_twice
        on residents._source_record_id = recorded_twice._source_record_id
    left join dead
        on residents._source_record_id = dead._source_record_id

),

contracts as (

    select
        contracts.*,
        records.ehr_no is null as is_record_unknown,
        contracts.status_code = 'VALID' and not contracts.is_deleted
        and contracts.valid_from <= max(case when contracts.status_code = 'VALID' then contracts.valid_to end) over (
            partition by contracts.ehr_no
            order by contracts.valid_from, contracts.contract_no
            rows between unbounded preceding and 1 preceding
        ) as is_overlapping
    from {{ ref("stg_health__contracts") }} as contracts
    left join {{ ref("stg_health__ehr_indexes") }} as records
        on contracts.ehr_no = records.ehr_no

),

bookings as (

    select
        *,
        row_number() over (
            partition by ehr_no, institution_code, planned_on, booked_at order by updated_at, booking_no
        ) as booking_rank
    from {{ ref("stg_health__bookings") }}

)

select
    'health' as source_system,
    'ehr_index' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_recorded_twice", "ehr_no", "person_duplicate", "flagged", "health.same_resident"),
        finding("is_dead_but_active", "status_code", "dead_active", "flagged", "health.deceased"),
    ]) }} as _findings
from judged_residents
union all
select
    'health' as source_system,
    'contract' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_record_unknown", "ehr_no", "reference_unknown", "flagged", "health.record_known"),
        finding("is_overlapping", "valid_from", "contract_overlap", "flagged", "health.one_contract"),
    ]) }} as _findings
from contracts
union all
select
    'health' as source_system,
    'booking' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("booking_rank > 1", "booking_no", "booking_duplicate", "flagged", "health.same_booking"),
    ]) }} as _findings
from bookings
