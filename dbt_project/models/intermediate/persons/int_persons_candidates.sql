{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="followed",
    unique_key="record_key",
    post_hook="{{ remember_inputs() }}",
) }}

{%- set changes = follows() -%}
{#- Every record that names a person, with the house and community it points to: the input of entity
   resolution.

   A number that belongs to somebody other than the record's person is set aside here, so that a
   relative's card does not join records. -#}
with

{% if changes -%}
    changed_houses as (

        select distinct house_code
        from (
            {{ changed_rows(
                ref("int_houses_addressed"), ["house_code", "address_standard", "estate_key", "community_code"], changes
            ) }}
        ) as changed

    ),

    changed_addresses as (

        select address_key
        from ({{ changed_rows(ref("int_addresses_matched"), ["address_key", "house_code"], changes) }}) as changed
        union
        select address_key
        from {{ ref("int_addresses_matched") }}
        where house_code in (select house_code from changed_houses)

    ),

    affected as (

        {{ changed_person_keys(changes) }}
        union
        select record_key
        from ({{ changed_rows(ref("int_persons_doubted_numbers"), ["record_key", "doubt_code"], changes) }}) as changed
        union
        select record_key
        from (
            {{ changed_rows(
                ref("int_persons_inferred_numbers"), ["record_key", "id_number", "id_type_code"], changes
            ) }}
        ) as changed
        union
        select record_key
        from {{ ref("int_persons_named") }}
        where address_key in (select address_key from changed_addresses)
        union
        select record_key
        from {{ ref("int_persons_named") }}
        where house_code in (select house_code from changed_houses)

    ),

{% endif -%}
named as (

    select * from {{ ref("int_persons_named") }}
    {% if changes -%}
        where record_key in (select record_key from affected)
    {%- endif %}

),

matched as (

    select * from {{ ref("int_addresses_matched") }}

),

houses as (

    select * from {{ ref("int_houses_addressed") }}

),

doubted as (

    select * from {{ ref("int_persons_doubted_numbers") }}

),

inferred as (

    select * from {{ ref("int_persons_inferred_numbers") }}

),

placed as (

    select
        named.*,
        coalesce(
            written_house.address_standard, {{ address_standard("named.address_") }}, recorded_house.address_standard
        ) as address_standard,
        coalesce(
            written_house.estate_key, named.address_estate, named.address_road, recorded_house.estate_key
        ) as estate_key,
        coalesce(named.house_code, matched.house_code) as home_house_code,
        matched.house_code as address_house_code,
        coalesce(recorded_house.community_code, named.community_code, written_house.community_code)
            as home_community_code
    from named
    left join matched
        on named.address_key = matched.address_key
    left join houses as written_house
        on matched.house_code = written_house.house_code
    left join houses as recorded_house
        on named.house_code = recorded_house.house_code

),

sifted as (

    select
        placed.*,
        doubted.doubt_code,
        {{ own_id_number("placed", "doubted") }} as own_id_number,
        {{ document_type_code("placed") }} as document_type_code,
        -- Values that staging derived from a relative's number are dropped with it; from a foreign
        -- number it derives none.
        placed.gives_birth_date
        or placed.id_number_status = 'foreign'
        or coalesce(doubted.doubt_code, '') <> 'of_another' as is_birth_own
    from placed
    left join doubted
        on placed.record_key = doubted.record_key

),

candidates as (

    select
        sifted.record_key,
        sifted.source_system,
        sifted.source_table,
        sifted.source_record_id,
        case
            when sifted.own_id_number is null and inferred.id_number is not null then inferred.id_type_code
            else sifted.document_type_code
        end as id_type_code,
        sifted.own_id_number as id_number,
        case
            when {{ is_other_card("sifted") }} then 'missing'
            else coalesce(sifted.doubt_code, sifted.id_number_status)
        end as id_number_status,
        case when sifted.doubt_code = 'mistyped' then sifted.id_number else sifted.id_number_unverified end
            as id_number_unverified,
        case when sifted.doubt_code = 'of_another' then sifted.id_number end as id_number_of_another,
        case when sifted.own_id_number is null then inferred.id_number end as inferred_id_number,
        sifted.is_id_doubtful,
        sifted.name_standard,
        sifted.name_raw,
        sifted.former_name,
        case when sifted.is_birth_own then sifted.sex_code end as sex_code,
        case when sifted.is_birth_own then sifted.birth_date end as birth_date,
        sifted.phone,
        sifted.address_standard,
        sifted.estate_key,
        sifted.home_house_code as house_code,
        sifted.address_house_code,
        sifted.home_community_code as community_code,
        sifted.hukou_no,
        sifted.owned_house_code,
        sifted.work_community_code,
        sifted.is_deleted,
        sifted.updated_at,
        sifted._batch_id,
        sifted._landed_at
    from sifted
    left join inferred
        on sifted.record_key = inferred.record_key

),

final as (

    select
        *,
        cast(extract(year from birth_date) as integer) as birth_year,
        cast(extract(month from birth_date) as integer) as birth_month,
        cast(extract(day from birth_date) as integer) as birth_day
    from candidates

)

{{ rows_of_affected("final", "record_key", changes) }}
