{{ config(materialized="ephemeral") }}

{#- Findings that only a person's other records reveal: each record is compared with the person it
   was resolved to. -#}
with

registered as (

    select
        'population|hj_person|' || _source_record_id as record_key,
        is_home_registration
    from {{ ref("stg_population__hj_persons") }}
    union all
    select
        'population|ld_person|' || _source_record_id as record_key,
        is_home_registration
    from {{ ref("stg_population__ld_persons") }}

),

records as (

    select
        candidates.*,
        registered.is_home_registration,
        assignments.person_id
    from {{ ref("int_persons_candidates") }} as candidates
    inner join {{ source("identity", "person_assignments") }} as assignments
        on candidates.record_key = assignments.record_key
    left join registered
        on candidates.record_key = registered.record_key
    where not candidates.is_deleted and candidates.source_system in ('population', 'affairs')

),

persons as (

    select * from {{ ref("dim_persons") }}

),

former_names as (

    select distinct
        person_id,
        former_name
    from records
    where former_name is not null

),

-- The value in most records of a person; ties go to the golden value.
name_votes as (

    select
        records.person_id,
        records.name_standard,
        row_number() over (
            partition by records.person_id
            order by
                count(*) desc,
                max(case when records.name_standard = persons.name then 1 else 0 end) desc,
                records.name_standard
        ) as vote_rank
    from records
    inner join persons
        on records.person_id = persons.person_id
    where records.name_standard is not null
    group by records.person_id, records.name_standard

),

phone_votes as (

    select
        records.person_id,
        records.phone,
        row_number() over (
            partition by records.person_id
            order by
                count(*) desc,
                max(case when records.phone = persons.phone then 1 else 0 end) desc,
                records.phone
        ) as vote_rank
    from records
    inner join persons
        on records.person_id = persons.person_id
    where records.phone is not null
    group by records.person_id, records.phone

),

-- The known telephone numbers of each person.
known_phones as (

    select distinct
        phone,
        person_id
    from phone_votes
    where vote_rank = 1

),

phone_owners as (

    select
        phone,
        count(*) as owners_count
    from known_phones
    group by phone

),

ranked as (

    select
        records.*,
        row_number() over (
            partition by records.person_id, records.source_table
            order by coalesce(records.is_home_registration, true) desc, records.updated_at desc, records.record_key
        ) as record_rank
    from records

),

compared as (

    select
        ranked.source_system,
        ranked.source_table,
        ranked.source_record_id,
        ranked._batch_id,
        ranked._landed_at,
        ranked.name_standard,
        ranked.id_number_status,
        ranked.source_table in ('hj_person', 'ld_person') and ranked.record_rank > 1 as is_repeated,
        ranked.name_standard <> name_votes.name_standard as is_name_different,
        former_names.former_name is not null as is_former_name,
        length(ranked.name_standard) = length(name_votes.name_standard)
        and {{ differing_characters("ranked.name_standard", "name_votes.name_standard", 4) }} = 1
            as is_one_character_off,
        {{ regex_matches("ranked.name_standard", "[?？□A-Z]") }} as is_name_unencodable,
        coalesce(ranked.id_number_of_another, ranked.id_number, ranked.id_number_unverified) <> persons.id_number
        and ranked.id_number_status in ('valid', 'of_another', 'mistyped')
        and not ranked.is_id_doubtful as is_number_of_another,
        ranked.phone <> phone_votes.phone as is_phone_different,
        coalesce(phone_owners.owners_count, 0) > 0 as is_phone_of_somebody,
        ranked.house_code <> persons.residence_house_code as is_house_different,
        case
            when ranked.id_number_status not in ('valid', 'of_another', 'mistyped')
                then {{ birth_slip("ranked.birth_date", "persons.birth_date", "''") }}
        end as birth_slip
    from ranked
    inner join persons
        on ranked.person_id = persons.person_id
    left join former_names
        on ranked.person_id = former_names.person_id and ranked.name_standard = former_names.former_name
    left join name_votes
        on ranked.person_id = name_votes.person_id and name_votes.vote_rank = 1
    left join phone_votes
        on ranked.person_id = phone_votes.person_id and phone_votes.vote_rank = 1
    left join phone_owners
        on ranked.phone = phone_owners.phone

)

select
    source_system,
    source_table,
    source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_repeated", "record", "person_duplicate", "repaired", "persons.same_person"),
        finding("is_name_different and is_former_name", "name", "name_former", "repaired", "persons.former_name"),
        finding(
            "is_name_different and not is_former_name and not is_name_unencodable and is_one_character_off",
            "name", "name_lookalike", "repaired", "persons.usual_name"
        ),
        finding("is_number_of_another", "id_number", "id_of_another", "flagged", "persons.golden_number"),
        finding(
            "is_phone_different and is_phone_of_somebody", "phone", "phone_of_relative", "flagged", "persons.usual_phone"
        ),
        finding(
            "is_phone_different and not is_phone_of_somebody", "phone", "phone_outdated", "flagged", "persons.usual_phone"
        ),
        finding("is_house_different", "residence_address", "address_old", "flagged", "persons.current_residence"),
        finding("birth_slip = 'birth_swapped'", "birth_date", "birth_swapped", "repaired", "persons.golden_birth"),
        finding("birth_slip = 'birth_default'", "birth_date", "birth_default", "repaired", "persons.golden_birth"),
        finding("birth_slip = 'birth_year_off'", "birth_date", "birth_year_off", "repaired", "persons.golden_birth"),
        finding("birth_slip = 'birth_lunar'", "birth_date", "birth_lunar", "repaired", "persons.golden_birth"),
    ]) }} as _findings
from compared
