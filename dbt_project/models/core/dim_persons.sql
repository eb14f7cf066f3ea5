with

records as (

    select * from {{ ref("person_records") }}

),

residences as (

    select * from {{ ref("person_residences") }}
    where is_current

),

-- Every order ends with the record's key, so that two runs choose the same value.
ranked as (

    select
        *,
        row_number() over (
            partition by person_id
            order by
                is_deleted, is_id_trusted desc, source_rank, verified_at desc nulls last, updated_at desc, record_key
        ) as authority_rank,
        row_number() over (
            partition by person_id
            order by
                is_deleted, {{ is_name_unclear("name_standard") }}, source_rank, verified_at desc nulls last,
                updated_at desc, record_key
        ) as name_rank,
        row_number() over (
            partition by person_id
            order by
                is_deleted, contact_rank, coalesce(verified_at, updated_at) desc, source_rank, record_key
        ) as phone_rank
    from records

),

golden as (

    select
        person_id,
        {{ survivor("name_standard", "name_rank", "name") }},
        {{ survivor("id_type_code", "authority_rank", "id_type_code", "id_number is not null") }},
        {{ survivor("id_number", "authority_rank", "id_number") }},
        {{ survivor("sex_code", "authority_rank", "sex_code", "sex_code in ('1', '2')") }},
        {{ survivor("birth_date", "authority_rank", "birth_date") }},
        {{ survivor("phone", "phone_rank", "phone") }},
        {{ survivor("hukou_no", "authority_rank", "hukou_no") }},
        {{ dbt.bool_or("says_deceased") }} as is_deceased,
        {{ dbt.bool_or("not is_deleted") }} as is_active,
        max(case when not is_deleted then verified_at end) as last_verified_at,
        count(*) as record_count,
        count(distinct source_system || '.' || source_table) as source_count
    from ranked
    group by person_id

),

final as (

    select
        golden.person_id,
        golden.name,
        golden.name_source,
        coalesce(golden.id_type_code, '111') as id_type_code,
        golden.id_number,
        golden.id_number_source,
        case when golden.id_number is not null then 'valid' else 'missing' end as id_number_status,
        golden.sex_code,
        golden.sex_code_source,
        golden.birth_date,
        golden.birth_date_source,
        {{ full_years("golden.birth_date", as_of_date()) }} as age_years,
        golden.phone,
        golden.phone_source,
        golden.hukou_no,
        golden.hukou_no_source,
        residences.house_id as residence_house_id,
        residences.house_code as residence_house_code,
        residences.household_id,
        residences.address as residence_address,
        residences.record_key as residence_source,
        residences.community_code,
        residences.grid_code,
        coalesce(residences.is_grid_valid, false) as is_grid_valid,
        residences.valid_from as resident_since_date,
        residences.person_id is not null as is_resident,
        golden.is_deceased,
        golden.is_active,
        golden.last_verified_at,
        golden.record_count,
        golden.source_count
    from golden
    left join residences
        on golden.person_id = residences.person_id

)

select * from final
