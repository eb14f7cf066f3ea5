{#- Records that name a different house than before, or whose house or address now resolves
    differently. Needs the CTE `changed_houses`. -#}
{% macro records_of_changed_houses(changes) -%}
    {%- for table in staged_tables_of("int_houses_named") %}
        {%- set said = ["_source_record_id", table.house.get("code"), "address_key" if table.house.address] %}
        select
            '{{ table.system }}' as source_system,
            '{{ table.name }}' as source_table,
            _source_record_id as source_record_id
        from ({{ changed_rows(table.relation, said | select | list, changes) }}) as changed
        union
    {%- endfor %}
    select source_system, source_table, source_record_id
    from {{ ref("int_houses_named") }}
    where written_house_code in (select house_code from changed_houses)
    union
    select source_system, source_table, source_record_id
    from {{ ref("int_houses_named") }}
    where address_key in (
        select address_key
        from (
            {{ changed_rows(ref("int_addresses_matched"), [
                "address_key", "house_code", "match_rule", "match_score", "unmatched_reason", "place_id",
                "building_code",
            ], changes) }}
        ) as changed
        union
        select address_key
        from {{ ref("int_addresses_matched") }}
        where house_code in (select house_code from changed_houses)
    )
{%- endmacro %}

{% macro changed_house_codes(changes) -%}
    select house_code
    from (
        {{ changed_rows(ref("dim_houses"), ["house_id", "house_code", "building_code"], changes) }}
    ) as changed
    union
    select house_code
    from (
        {{ changed_rows(ref("int_houses_addressed"), ["house_code", "place_id"], changes) }}
    ) as changed
{%- endmacro %}

{#- Persons whose houses, addresses or grids changed or moved. Needs the CTE `changed_grids`. -#}
{% macro persons_of_changed_places(changes) -%}
    {%- set assignments = source("identity", "person_assignments") -%}
    select assignments.person_id
    from (
        {{ changed_rows(
            ref("house_links"), ["source_system", "source_table", "source_record_id", "house_id"], changes
        ) }}
        union
        select source_system, source_table, source_record_id, cast(null as {{ text_type() }}) as house_id
        from {{ ref("int_houses_named") }}
        where
            address_key in (
                select address_key
                from (
                    {{ changed_rows(
                        ref("int_addresses_matched"), ["address_key", "community_code", "grid_code"], changes
                    ) }}
                ) as changed
                union
                select address_key
                from {{ ref("int_addresses_matched") }}
                where grid_code in (select grid_code from changed_grids)
            )
            or written_grid_code in (select grid_code from changed_grids)
    ) as changed
    inner join {{ assignments }} as assignments
        on
            changed.source_system = assignments.source_system
            and changed.source_table = assignments.source_table
            and changed.source_record_id = assignments.source_record_id
    union
    select person_id
    from {{ this }}
    where house_id in (
        select house_id
        from (
            {{ changed_rows(
                ref("dim_houses"), ["house_id", "house_code", "address", "community_code", "grid_code"], changes
            ) }}
        ) as changed
    )
    union
    select assignments.person_id
    from {{ ref("stg_population__hj_persons") }} as registrations
    inner join {{ assignments }} as assignments
        on
            assignments.source_system = 'population'
            and assignments.source_table = 'hj_person'
            and registrations._source_record_id = assignments.source_record_id
    where registrations.hukou_address in (
        select full_address
        from (
            {{ changed_rows(ref("int_houses_addressed"), ["house_code", "full_address"], changes) }}
        ) as changed
    )
{%- endmacro %}

{% macro changed_grid_codes(changes) -%}
    select grid_code
    from ({{ changed_rows(ref("dim_grids"), ["grid_code", "community_code"], changes) }}) as changed
{%- endmacro %}
