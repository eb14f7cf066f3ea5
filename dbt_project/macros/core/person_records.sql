{#- What each source record says about the person it was resolved to; limited to some `assignments`,
    if given. -#}
{% macro person_records(assignments=none) -%}
    with

    candidates as (

        select * from {{ ref("int_persons_candidates") }}

    ),

    assignments as (

        select * from {{ assignments or source("identity", "person_assignments") }}

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

{#- The records that differ in `columns` between the states of `changes`. -#}
{% macro changed_candidates(columns, changes) -%}
    select record_key
    from ({{ changed_rows(ref("int_persons_candidates"), ["record_key"] + columns, changes) }}) as changed
{%- endmacro %}

{#- The persons of `records`, and those that gained or lost a record in `changes`. -#}
{% macro persons_of_records(records, changes) -%}
    select person_id
    from {{ source("identity", "person_assignments") }}
    where record_key in (select record_key from {{ records }})
    union
    select person_id
    from (
        {{ changed_rows(
            source("identity", "person_assignments"), ["record_key", "person_id", "is_number_trusted"], changes
        ) }}
    ) as changed
{%- endmacro %}

{#- All records of `persons`, as `person_records` takes them. -#}
{% macro records_of_persons(persons) -%}
    select
        record_key,
        source_system,
        source_table,
        source_record_id,
        person_id,
        is_number_trusted
    from {{ source("identity", "person_assignments") }}
    where person_id in (select person_id from {{ persons }})
{%- endmacro %}
