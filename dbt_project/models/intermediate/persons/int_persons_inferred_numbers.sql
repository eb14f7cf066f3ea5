{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="differences",
    on_schema_change="sync_all_columns",
    unique_key="record_key",
    meta={"computed_once": ["owned"]},
) }}

{#- The number inferred for each record that references another record of its person by key, or is
   referenced, if the names agree and exactly one number is known under that key. -#}
with

doubted as (

    select * from {{ ref("int_persons_doubted_numbers") }}

),

referring as (

    select same_person_record_key
    from {{ ref("int_persons_named") }}
    where same_person_record_key is not null

),

-- Few records reference another or are referenced.
owned as (

    select
        named.record_key,
        named.same_person_record_key,
        named.name_standard,
        named.is_deleted,
        {{ own_id_number("named", "doubted") }} as own_id_number,
        {{ document_type_code("named") }} as document_type_code,
        {{ document_key("named") }} as document
    from {{ ref("int_persons_named") }} as named
    left join doubted
        on named.record_key = doubted.record_key
    where
        named.same_person_record_key is not null
        or named.record_key in (select same_person_record_key from referring)

),

pairs as (

    select
        referring.record_key,
        holder.record_key as own_key
    from owned as referring
    inner join owned as holder
        on
            referring.same_person_record_key = holder.record_key
            and referring.name_standard = holder.name_standard

),

keyed as (

    select record_key, own_key from pairs
    union
    select own_key as record_key, own_key from pairs

),

known as (

    select
        keyed.own_key,
        max(named.own_id_number) as id_number,
        max(named.document_type_code) as id_type_code
    from keyed
    inner join owned as named
        on keyed.record_key = named.record_key
    where named.own_id_number is not null and not named.is_deleted
    group by keyed.own_key
    having min(named.document) = max(named.document)

)

select
    keyed.record_key,
    known.id_number,
    known.id_type_code
from keyed
inner join known
    on keyed.own_key = known.own_key
