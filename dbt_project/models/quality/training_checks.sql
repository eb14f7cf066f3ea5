{{ config(materialized="ephemeral") }}

{#- Findings about training that only other records reveal: certificates entered twice, hours beyond
   the course's, courses missing from the list, workers on the roll twice. -#}
with

courses as (

    select * from {{ ref("stg_training__courses") }}
    where not is_deleted

),

records as (

    select
        *,
        row_number() over (partition by certificate_no order by completed_on, record_no) as certificate_place
    from {{ ref("stg_training__training_records") }}
    where not is_deleted

),

judged_records as (

    select
        records.*,
        courses.course_no is null as is_course_unknown,
        records.hours > courses.course_hours as is_beyond_course
    from records
    left join courses
        on records.course_no = courses.course_no

),

roll as (

    select
        *,
        case when worker_id_number_status = 'valid' then worker_id_number end as sure_id_number
    from {{ ref("stg_training__training_rolls") }}
    where not is_deleted

),

enrolled_twice as (

    {{ repeated_persons(
        "roll",
        "calendar_year",
        "worker_no",
        [
            ["sure_id_number"],
            ["worker_name_standard", "worker_phone"],
            ["worker_name_standard", "community_code", "joined_on"],
            ["worker_phone", "community_code", "joined_on"],
        ],
    ) }}

)

select
    'training' as source_system,
    'course' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("ended_on < held_on", "ended_on", "time_order_implausible", "flagged", "courses.ends_after_it_begins"),
    ]) }} as _findings
from courses
union all
select
    'training' as source_system,
    'training_record' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "certificate_no is not null and certificate_place > 1",
            "certificate_no", "certificate_duplicate", "flagged", "training_records.one_entry"
        ),
        finding("is_beyond_course", "hours", "hours_exceed_course", "flagged", "training_records.hours_of_course"),
        finding("is_course_unknown", "course_no", "reference_unknown", "flagged", "training_records.course_list"),
    ]) }} as _findings
from judged_records
union all
select
    'training' as source_system,
    'training_roll' as source_table,
    roll._source_record_id as source_record_id,
    roll._batch_id,
    roll._landed_at,
    {{ array_of_texts([
        finding("true", "worker_no", "person_duplicate", "flagged", "training_rolls.same_person_and_year"),
    ]) }} as _findings
from roll
inner join enrolled_twice
    on roll._source_record_id = enrolled_twice._source_record_id
