{#- Every record that names a person, with the house and community it points to: the input of identity. -#}
with

named as (

    select
        *,
        {{ address_standard() }} as address_written,
        coalesce(address_estate, address_road) as estate_written
    from {{ ref("int_persons_named") }}

),

houses as (

    select * from {{ ref("int_houses_addressed") }}

),

matched as (

    select * from {{ ref("int_addresses_matched") }}

),

candidates as (

    select
        named.source_system || '|' || named.source_table || '|' || named.source_record_id as record_key,
        named.source_system,
        named.source_table,
        named.source_record_id,
        coalesce(
            named.id_type_code, case when named.id_number_status = 'foreign' then '414' else '111' end
        ) as id_type_code,
        named.id_number,
        named.id_number_status,
        named.id_number_unverified,
        named.is_id_doubtful,
        named.name_standard,
        named.name_raw,
        named.former_name,
        named.sex_code,
        named.birth_date,
        cast(extract(year from named.birth_date) as integer) as birth_year,
        cast(extract(month from named.birth_date) as integer) as birth_month,
        cast(extract(day from named.birth_date) as integer) as birth_day,
        named.phone,
        coalesce(written_house.address_standard, named.address_written, recorded_house.address_standard)
            as address_standard,
        coalesce(
            written_house.community_code || written_house.estate_key,
            named.estate_written,
            recorded_house.community_code || recorded_house.estate_key
        ) as estate_key,
        coalesce(named.house_code, matched.house_code) as house_code,
        matched.house_code as address_house_code,
        coalesce(recorded_house.community_code, named.community_code, written_house.community_code) as community_code,
        named.hukou_no,
        named.owned_house_code,
        named.work_community_code,
        named.same_person_record_key,
        named.is_deleted,
        named.updated_at,
        named._batch_id,
        named._landed_at
    from named
    left join matched
        on named.address_key = matched.address_key
    left join houses as written_house
        on matched.house_code = written_house.house_code
    left join houses as recorded_house
        on named.house_code = recorded_house.house_code

)

select * from candidates
