with

residences as (

    select * from {{ ref("person_residences") }}
    where house_id is not null

),

records as (

    select * from {{ ref("person_records") }}
    where source_system = 'population' and source_table = 'house'

),

houses as (

    select * from {{ ref("dim_houses") }}

),

residents as (

    select
        person_id,
        house_id,
        'RESIDENT' as relation_code,
        min(valid_from) as valid_from,
        case when not {{ dbt.bool_or("is_current") }} then max(valid_to) end as valid_to,
        {{ dbt.bool_or("is_current") }} as is_current,
        max(verified_at) as last_verified_at,
        count(*) as record_count
    from residences
    group by person_id, house_id

),

owners as (

    select
        records.person_id,
        houses.house_id,
        'OWNER' as relation_code,
        min({{ local_date("records.updated_at") }}) as valid_from,
        cast(null as date) as valid_to,
        true as is_current,
        cast(null as {{ dbt.type_timestamp() }}) as last_verified_at,
        count(*) as record_count
    from records
    inner join houses
        on records.source_record_id = houses.house_code
    where not records.is_deleted
    group by records.person_id, houses.house_id

)

select * from residents
union all
select * from owners
