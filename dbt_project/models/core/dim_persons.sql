with

records as (

    select * from {{ ref("person_records") }}

),

residences as (

    select * from {{ ref("person_residences") }}
    where is_current

),

golden as (

    {{ golden_persons("records") }}

),

aged as (

    select
        *,
        {{ is_minor("birth_date") }} as is_minor
    from golden

),

-- Who a minor is, is in the schema `sensitive`; here is only that somebody lives in the house.
final as (

    select
        aged.person_id,
        {{ unless_minor("aged.name") }} as name,
        aged.name_source,
        coalesce(aged.id_type_code, '111') as id_type_code,
        {{ unless_minor("aged.id_number") }} as id_number,
        aged.id_number_source,
        case when aged.id_number is not null then 'valid' else 'missing' end as id_number_status,
        {{ unless_minor("aged.sex_code") }} as sex_code,
        aged.sex_code_source,
        {{ unless_minor("aged.birth_date") }} as birth_date,
        aged.birth_date_source,
        {{ unless_minor(full_years("aged.birth_date", as_of_date())) }} as age_years,
        {{ unless_minor("aged.phone") }} as phone,
        aged.phone_source,
        {{ unless_minor("aged.hukou_no") }} as hukou_no,
        aged.hukou_no_source,
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
        aged.is_minor,
        aged.is_deceased,
        aged.deceased_on,
        aged.is_active,
        aged.last_verified_at,
        aged.record_count,
        aged.source_count
    from aged
    left join residences
        on aged.person_id = residences.person_id

)

select * from final
