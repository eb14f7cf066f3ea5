{#- What each source record says about the person it was resolved to; limited to the records in
    `keys`, if given. -#}
{% macro person_records(keys=none) -%}
    with

    candidates as (

        select * from {{ ref("int_persons_candidates") }}
        {% if keys -%}
            where record_key in (select record_key from {{ keys }})
        {%- endif %}

    ),

    assignments as (

        select * from {{ source("identity", "person_assignments") }}

    ),

    sources as (

        select * from {{ ref("person_sources") }}
        where gives_values

    ),

    registered as (

        select
            'population|hj_person|' || _source_record_id as record_key,
            status_code,
            verified_at,
            relation_to_head_code
        from {{ ref("stg_population__hj_persons") }}
        union all
        select
            'population|ld_person|' || _source_record_id as record_key,
            status_code,
            verified_at,
            cast(null as {{ dbt.type_string() }}) as relation_to_head_code
        from {{ ref("stg_population__ld_persons") }}

    ),

    resolved as (

        select
            assignments.person_id,
            candidates.*,
            registered.status_code,
            registered.verified_at,
            registered.relation_to_head_code,
            sources.authority_rank as source_rank,
            sources.contact_rank,
            assignments.is_number_trusted,
            assignments.is_number_trusted and not candidates.is_id_doubtful as is_id_trusted,
            coalesce(registered.status_code = '3' and not candidates.is_deleted, false) as says_deceased
        from candidates
        inner join assignments
            on candidates.record_key = assignments.record_key
        inner join sources
            on candidates.source_system = sources.source_system and candidates.source_table = sources.source_table
        left join registered
            on candidates.record_key = registered.record_key

    )

    select * from resolved
{%- endmacro %}

{#- Persons with a changed record in `changes`, and those that gained or lost one. -#}
{% macro persons_of_changed_records(changes) -%}
    select assignments.person_id
    from (
        {{ changed_rows(ref("int_persons_candidates"), [
            "record_key", "id_type_code", "id_number", "is_id_doubtful", "name_standard", "sex_code", "birth_date",
            "phone", "hukou_no", "is_deleted", "updated_at", "_batch_id",
        ], changes) }}
    ) as changed
    inner join {{ source("identity", "person_assignments") }} as assignments
        on changed.record_key = assignments.record_key
    union
    select person_id
    from (
        {{ changed_rows(
            source("identity", "person_assignments"), ["record_key", "person_id", "is_number_trusted"], changes
        ) }}
    ) as changed
{%- endmacro %}
