{#- Every staged row that names a house, in a common form: a union of one branch per entry of
    `tables`, which are (system, table, relation). The columns are declared in the table's contract
    under `staging.house`. -#}
{% macro named_houses(tables) -%}
    {% for system, table_name, relation in tables -%}
        {{ named_houses_of(system, table_name, relation) }}
        {% if not loop.last -%}
            union all
        {% endif -%}
    {%- endfor %}
{%- endmacro %}

{% macro named_houses_of(system, table_name, relation) -%}
    {%- set words = staging_words(system, table_name) -%}
    {%- set house = words.get("house", {}) -%}
    {%- set nothing = "cast(null as " ~ text_type() ~ ")" -%}
    select
        '{{ system }}' as source_system,
        '{{ table_name }}' as source_table,
        _source_record_id as source_record_id,
        {{ house.get("code", nothing) }} as written_house_code,
        {{ house.get("community", nothing) }} as written_community_code,
        {{ house.get("grid", nothing) }} as written_grid_code,
        {{ house.get("address", nothing) }} as written_address,
        {% for name in ["address_key"] + address_outputs() -%}
            {{ name if house.address else nothing ~ " as " ~ name }},
        {% endfor -%}
        {{ object_key(system, table_name, house.object) if house.object else nothing }} as object_key,
        {{ "true" if words.get("identity", {}).get("address") else "false" }} as is_address_of_person,
        is_deleted
    from {{ relation }}
{%- endmacro %}

{#- What the row is about, where its contract says which part of a column tells: the line of a telecom,
    of which each quarter has a row. -#}
{% macro object_key(system, table_name, object) -%}
    '{{ system }}|{{ table_name }}|' || nullif({{ regex_extract(object.column, "^" ~ object.pattern ~ "$") }}, '')
{%- endmacro %}

{#- A table contract's `staging` section; empty while dbt only parses. -#}
{% macro staging_words(system, table_name) -%}
    {%- set found = namespace(words={}) -%}
    {%- if execute -%}
        {%- set name = system ~ "__" ~ table_name -%}
        {%- for node in graph.sources.values() if node.source_name == "landing" and node.name == name -%}
            {%- set found.words = node.config.meta.get("staging", {}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.words) }}
{%- endmacro %}
