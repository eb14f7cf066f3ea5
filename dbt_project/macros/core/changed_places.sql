{#- Records that name a different house than before, or whose house or address now resolves
    differently. Needs the CTE `changed_houses`. -#}
{% macro records_of_changed_houses(changes) -%}
    {%- for table in staged_tables_of("int_houses_named") %}
        {%- set said = [
            "_source_record_id", table.house.get("code"), "address_key" if table.house.address,
            table.house.get("object", {}).get("column"),
        ] %}
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

{#- The objects that `records` are about, and those that a record was or is about in `changes`. -#}
{% macro objects_of_records(records, changes) -%}
    select object_key
    from {{ ref("int_houses_named") }}
    where
        object_key is not null
        and {{ joined_record_key() }} in (select {{ joined_record_key() }} from {{ records }})
    {%- for table in staged_tables_of("int_houses_named") if table.house.object %}
        union
        select {{ object_key(table.system, table.name, table.house.object) }}
        from ({{ changed_rows(table.relation, ["_source_record_id", table.house.object.column], changes) }}) as changed
    {%- endfor %}
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

{#- Records whose link, address or grid changed. Needs the CTE `changed_grids`. -#}
{% macro records_of_changed_places(changes) -%}
    select {{ joined_record_key() }} as record_key
    from (
        {{ changed_rows(
            ref("house_links"), ["source_system", "source_table", "source_record_id", "house_id"], changes
        ) }}
    ) as changed
    union
    select {{ joined_record_key() }}
    from {{ ref("int_houses_named") }}
    where address_key in (
        select address_key
        from ({{ changed_rows(ref("int_addresses_matched"), ["address_key", "community_code", "grid_code"], changes) }})
            as changed
        union
        select address_key
        from {{ ref("int_addresses_matched") }}
        where grid_code in (select grid_code from changed_grids)
    )
    union
    select {{ joined_record_key() }}
    from {{ ref("int_houses_named") }}
    where written_grid_code in (select grid_code from changed_grids)
    union
    select 'population|hj_person|' || _source_record_id
    from {{ ref("stg_population__hj_persons") }}
    where hukou_address in (
        select full_address
        from (
            {{ changed_rows(ref("int_houses_addressed"), ["house_code", "full_address"], changes) }}
        ) as changed
    )
{%- endmacro %}

{#- Persons with a residence in a house that changed. -#}
{% macro persons_of_changed_houses(changes) -%}
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
{%- endmacro %}

{% macro changed_grid_codes(changes) -%}
    select grid_code
    from ({{ changed_rows(ref("dim_grids"), ["grid_code", "community_code"], changes) }}) as changed
{%- endmacro %}
