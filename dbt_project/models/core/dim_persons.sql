{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="followed",
    unique_key="person_id",
    post_hook="{{ remember_inputs() }}",
) }}

-- depends_on: {{ ref("int_persons_candidates") }}, {{ source("identity", "person_assignments") }}
-- depends_on: {{ ref("stg_population__hj_persons") }}, {{ ref("stg_population__ld_persons") }}
-- depends_on: {{ ref("person_sources") }}
{%- set changes = follows() %}
with

{% if changes -%}
    -- Persons who have had a birthday since the last run are a year older even if no record
    -- changed.
    changed_records as (

        {{ changed_candidates([
            "id_type_code", "id_number", "is_id_doubtful", "name_standard", "sex_code", "birth_date", "phone",
            "hukou_no", "is_deleted", "updated_at", "_batch_id",
        ], changes) }}
        union
        select record_key
        from {{ ref("int_persons_candidates") }}
        where
            {{ full_years("birth_date", as_of_date()) }}
            <> {{ full_years("birth_date", "cast('" ~ changes.as_of ~ "' as date)") }}

    ),

    affected as (

        {{ persons_of_records("changed_records", changes) }}
        union
        select person_id
        from (
            {{ changed_rows(ref("person_residences"), [
                "person_id", "record_key", "is_current", "house_id", "house_code", "household_id", "address",
                "community_code", "grid_code", "is_grid_valid", "valid_from",
            ], changes) }}
        ) as changed

    ),

    affected_records as (

        {{ records_of_persons("affected") }}

    ),

{% endif -%}
records as (

    {% if changes -%}
        {{ person_records("affected_records") }}
    {%- else -%}
        select * from {{ ref("person_records") }}
    {%- endif %}

),

residences as (

    select * from {{ ref("person_residences") }}
    where
        is_current
        {% if changes -%}
            and person_id in (select person_id from affected)
        {%- endif %}

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

-- Minors are identified only in the schema `sensitive`; here it is only visible that somebody lives
-- in the house.
final as (

    select
        aged.person_id,
        {{ unless_minor("aged.name") }} as name,
        aged.name_source,
        coalesce(aged.id_type_code, '111') as id_type_code,
        {{ unless_minor("aged.id_number") }} as id_number,
        aged.id_number_source,
        case
            when aged.id_number is null then 'missing'
            when {{ is_resident_number("aged.id_number") }} then 'valid'
            else 'foreign'
        end as id_number_status,
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

{{ rows_of_affected("final", "person_id", changes) }}
