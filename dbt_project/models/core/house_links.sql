{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="followed",
    unique_key=["source_system", "source_table", "source_record_id"],
    post_hook="{{ remember_inputs() }}",
    meta={"computed_once": ["told", "unplaced"]},
) }}

{%- set changes = follows() %}
with

{% if changes -%}
    changed_houses as (

        {{ changed_house_codes(changes) }}

    ),

    changed as (

        {{ records_of_changed_houses(changes) }}

    ),

    moved as (

        {{ changed_rows(
            source("identity", "person_assignments"),
            ["source_system", "source_table", "source_record_id", "person_id"],
            changes,
        ) }}

    ),

    -- A record whose address is not a single house is linked to the one that the other records of its
    -- person or object name.
    affected_persons as (

        select person_id
        from {{ source("identity", "person_assignments") }}
        where record_key in (select {{ joined_record_key() }} from changed)
        union
        select person_id from moved

    ),

    affected_assignments as (

        select
            source_system,
            source_table,
            source_record_id,
            person_id
        from {{ source("identity", "person_assignments") }}
        where person_id in (select person_id from affected_persons)

    ),

    affected_objects as (

        {{ objects_of_records("changed", changes) }}

    ),

    affected as (

        select source_system, source_table, source_record_id from changed
        union
        select source_system, source_table, source_record_id from moved
        union
        select source_system, source_table, source_record_id from affected_assignments
        union
        select source_system, source_table, source_record_id
        from {{ ref("int_houses_named") }}
        where object_key in (select object_key from affected_objects)

    ),

{% endif -%}
named as (

    select named.*
    from {{ ref("int_houses_named") }} as named
    {% if changes -%}
        inner join affected
            on
                named.source_system = affected.source_system
                and named.source_table = affected.source_table
                and named.source_record_id = affected.source_record_id
    {%- endif %}

),

houses as (

    select
        dim_houses.house_id,
        dim_houses.house_code,
        dim_houses.building_code,
        addressed.place_id
    from {{ ref("dim_houses") }} as dim_houses
    left join {{ ref("int_houses_addressed") }} as addressed
        on dim_houses.house_code = addressed.house_code

),

assignments as (

    {% if changes -%}
        select * from affected_assignments
    {%- else -%}
        select * from {{ source("identity", "person_assignments") }}
    {%- endif %}

),

withheld as (

    select * from {{ ref("person_sources") }}
    where not gives_values

),

told as (

    {{ told_houses("named", "houses") }}

),

by_record as (

    {{ houses_by_record("told") }}

),

unplaced as (

    {{ unplaced_records("told", "assignments") }}

),

homes as (

    {{ homes_of_holders("by_record", "houses", "assignments", "unplaced") }}

),

by_holder as (

    {{ houses_by_holder("unplaced", "homes") }}

),

links as (

    select * from by_record
    union all
    select * from by_holder

),

-- The existence of a health, relief or party record is itself restricted: such records show where a
-- person has a house, and are listed in the schema `sensitive`.
final as (

    select
        links.source_system,
        links.source_table,
        links.source_record_id,
        links.house_id,
        links.match_rule,
        'ROOM' as match_level,
        links.match_score
    from links
    left join withheld
        on
            links.source_system = withheld.source_system
            and links.source_table = withheld.source_table
    where withheld.source_table is null

)

{{ rows_of_affected("final", ["source_system", "source_table", "source_record_id"], changes) }}
