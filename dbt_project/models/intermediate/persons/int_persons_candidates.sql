{#- Every record that names a person, in one form: the input of identity. -#}
with

registered as (

    select
        'population' as source_system,
        'hj_person' as source_table,
        _source_record_id as source_record_id,
        id_type_code,
        id_number,
        id_number_unverified,
        id_number_status,
        is_id_doubtful,
        name_standard,
        name_raw,
        former_name,
        sex_code,
        birth_date,
        phone,
        address_key,
        {{ address_standard() }} as address_written,
        coalesce(address_estate, address_road) as estate_written,
        residence_house_code as house_code,
        community_code,
        hukou_no,
        cast(null as {{ text_type() }}) as owned_house_code,
        is_home_registration,
        is_deleted,
        status_code,
        updated_at,
        _batch_id,
        _landed_at
    from {{ ref("stg_population__hj_persons") }}

),

floating as (

    select
        'population' as source_system,
        'ld_person' as source_table,
        _source_record_id as source_record_id,
        id_type_code,
        id_number,
        id_number_unverified,
        id_number_status,
        is_id_doubtful,
        name_standard,
        name_raw,
        former_name,
        sex_code,
        birth_date,
        phone,
        address_key,
        {{ address_standard() }} as address_written,
        coalesce(address_estate, address_road) as estate_written,
        residence_house_code as house_code,
        community_code,
        cast(null as {{ text_type() }}) as hukou_no,
        cast(null as {{ text_type() }}) as owned_house_code,
        is_home_registration,
        is_deleted,
        status_code,
        updated_at,
        _batch_id,
        _landed_at
    from {{ ref("stg_population__ld_persons") }}

),

applicants as (

    select
        'affairs' as source_system,
        'case' as source_table,
        _source_record_id as source_record_id,
        applicant_id_type_code as id_type_code,
        applicant_id_number as id_number,
        applicant_id_number_unverified as id_number_unverified,
        applicant_id_number_status as id_number_status,
        applicant_is_id_doubtful as is_id_doubtful,
        applicant_name_standard as name_standard,
        applicant_name_raw as name_raw,
        cast(null as {{ text_type() }}) as former_name,
        applicant_sex_code as sex_code,
        applicant_birth_date as birth_date,
        applicant_phone as phone,
        address_key,
        {{ address_standard() }} as address_written,
        coalesce(address_estate, address_road) as estate_written,
        cast(null as {{ text_type() }}) as house_code,
        cast(null as {{ text_type() }}) as community_code,
        cast(null as {{ text_type() }}) as hukou_no,
        cast(null as {{ text_type() }}) as owned_house_code,
        cast(null as boolean) as is_home_registration,
        is_deleted,
        status_code,
        updated_at,
        _batch_id,
        _landed_at
    from {{ ref("stg_affairs__cases") }}
    where applicant_name_raw is not null and not is_test

),

owners as (

    select
        'population' as source_system,
        'house' as source_table,
        _source_record_id as source_record_id,
        owner_id_type_code as id_type_code,
        owner_id_number as id_number,
        owner_id_number_unverified as id_number_unverified,
        owner_id_number_status as id_number_status,
        owner_is_id_doubtful as is_id_doubtful,
        owner_name_standard as name_standard,
        owner_name_raw as name_raw,
        cast(null as {{ text_type() }}) as former_name,
        owner_sex_code as sex_code,
        owner_birth_date as birth_date,
        owner_phone as phone,
        cast(null as {{ text_type() }}) as address_key,
        cast(null as {{ text_type() }}) as address_written,
        cast(null as {{ text_type() }}) as estate_written,
        -- Where an owner lives is not said; the house that is owned is evidence of who it is.
        cast(null as {{ text_type() }}) as house_code,
        cast(null as {{ text_type() }}) as community_code,
        cast(null as {{ text_type() }}) as hukou_no,
        house_code as owned_house_code,
        cast(null as boolean) as is_home_registration,
        is_deleted,
        status_code,
        updated_at,
        _batch_id,
        _landed_at
    from {{ ref("stg_population__houses") }}
    where owner_name_raw is not null

),

united as (

    select * from registered
    union all
    select * from floating
    union all
    select * from applicants
    union all
    select * from owners

),

houses as (

    select * from {{ ref("int_houses_addressed") }}

),

matched as (

    select * from {{ ref("int_addresses_matched") }}

),

candidates as (

    select
        united.source_system || '|' || united.source_table || '|' || united.source_record_id as record_key,
        united.source_system,
        united.source_table,
        united.source_record_id,
        coalesce(
            united.id_type_code, case when united.id_number_status = 'foreign' then '414' else '111' end
        ) as id_type_code,
        united.id_number,
        united.id_number_status,
        united.id_number_unverified,
        united.is_id_doubtful,
        united.name_standard,
        united.name_raw,
        united.former_name,
        united.sex_code,
        united.birth_date,
        cast(extract(year from united.birth_date) as integer) as birth_year,
        cast(extract(month from united.birth_date) as integer) as birth_month,
        cast(extract(day from united.birth_date) as integer) as birth_day,
        united.phone,
        coalesce(written_house.address_standard, united.address_written, recorded_house.address_standard)
            as address_standard,
        coalesce(
            written_house.community_code || written_house.estate_key,
            united.estate_written,
            recorded_house.community_code || recorded_house.estate_key
        ) as estate_key,
        coalesce(united.house_code, matched.house_code) as house_code,
        matched.house_code as address_house_code,
        coalesce(recorded_house.community_code, united.community_code, written_house.community_code) as community_code,
        united.hukou_no,
        united.owned_house_code,
        united.is_home_registration,
        united.is_deleted,
        united.status_code,
        united.updated_at,
        united._batch_id,
        united._landed_at
    from united
    left join matched
        on united.address_key = matched.address_key
    left join houses as written_house
        on matched.house_code = written_house.house_code
    left join houses as recorded_house
        on united.house_code = recorded_house.house_code

)

select * from candidates
