{{ config(materialized="table") }}

{#- Findings that only a person's other records reveal: each record is compared with the person it
   was resolved to. A table, unlike the other checks: it compares nearly half of all records, and in
   one statement with the rest they would not fit into memory. -#}
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
        candidates.record_key,
        candidates.source_system,
        candidates.source_table,
        candidates.source_record_id,
        candidates._batch_id,
        candidates._landed_at,
        candidates.updated_at,
        candidates.name_standard,
        candidates.former_name,
        candidates.id_number,
        candidates.id_number_status,
        candidates.id_number_unverified,
        candidates.id_number_of_another,
        candidates.is_id_doubtful,
        candidates.birth_date,
        candidates.phone,
        candidates.house_code,
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

    select
        person_id,
        name,
        id_number,
        phone,
        birth_date,
        residence_house_code
    from {{ ref("dim_persons") }}

),

-- Only values on which a person's records differ need a vote.
spoken as (

    select
        person_id,
        min(name_standard) as first_name,
        max(name_standard) as last_name,
        min(phone) as first_phone,
        max(phone) as last_phone
    from records
    group by person_id

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
    where
        records.name_standard is not null
        and records.person_id in (select person_id from spoken where first_name <> last_name)
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
    where
        records.phone is not null
        and records.person_id in (select person_id from spoken where first_phone <> last_phone)
    group by records.person_id, records.phone

),

-- The telephone numbers by which somebody is known.
known_phones as (

    select spoken.first_phone as phone
    from spoken
    inner join persons
        on spoken.person_id = persons.person_id
    where spoken.first_phone = spoken.last_phone
    union
    select phone
    from phone_votes
    where vote_rank = 1

),

-- A person's entries of a register beyond the one that counts.
repeated as (

    select record_key
    from (
        select
            records.record_key,
            row_number() over (
                partition by records.person_id, records.source_table
                order by
                    coalesce(records.is_home_registration, true) desc, records.updated_at desc, records.record_key
            ) as record_rank
        from records
        inner join (
            select
                person_id,
                source_table
            from records
            where source_table in ('hj_person', 'ld_person')
            group by person_id, source_table
            having count(*) > 1
        ) as entered
            on records.person_id = entered.person_id and records.source_table = entered.source_table
    ) as ranked
    where record_rank > 1

),

compared as (

    select
        records.source_system,
        records.source_table,
        records.source_record_id,
        records._batch_id,
        records._landed_at,
        records.name_standard,
        records.id_number_status,
        repeated.record_key is not null as is_repeated,
        records.name_standard <> name_votes.name_standard as is_name_different,
        former_names.former_name is not null as is_former_name,
        length(records.name_standard) = length(name_votes.name_standard)
        and {{ differing_characters("records.name_standard", "name_votes.name_standard", 4) }} = 1
            as is_one_character_off,
        {{ regex_matches("records.name_standard", "[?？□A-Z]") }} as is_name_unencodable,
        coalesce(records.id_number_of_another, records.id_number, records.id_number_unverified) <> persons.id_number
        and records.id_number_status in ('valid', 'of_another', 'mistyped')
        and not records.is_id_doubtful as is_number_of_another,
        records.phone <> phone_votes.phone as is_phone_different,
        known_phones.phone is not null as is_phone_of_somebody,
        records.house_code <> persons.residence_house_code as is_house_different,
        case
            when records.id_number_status not in ('valid', 'of_another', 'mistyped')
                then {{ birth_slip("records.birth_date", "persons.birth_date", "''") }}
        end as birth_slip
    from records
    inner join persons
        on records.person_id = persons.person_id
    left join repeated
        on records.record_key = repeated.record_key
    left join former_names
        on records.person_id = former_names.person_id and records.name_standard = former_names.former_name
    left join name_votes
        on records.person_id = name_votes.person_id and name_votes.vote_rank = 1
    left join phone_votes
        on records.person_id = phone_votes.person_id and phone_votes.vote_rank = 1
    left join known_phones
        on records.phone = known_phones.phone

),

judged as (

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

)

select * from judged
where {{ has_items("_findings") }}
