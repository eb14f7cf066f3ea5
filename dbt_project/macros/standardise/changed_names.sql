{#- The keys of rewritten records that name a person, in the format of `record_key`. -#}
{% macro changed_person_keys(changes) -%}
    {%- for table in staged_tables_of("int_persons_named") %}
        select '{{ table.system }}|{{ table.name }}|' || _source_record_id as record_key
        from ({{ changed_rows(table.relation, ["_source_record_id", "_batch_id", "is_deleted"], changes) }}) as changed
        {{ "union" if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The keys of addresses that records now give or no longer give, or give with another town, which
    is not part of the key. -#}
{% macro changed_address_keys(changes) -%}
    {%- set tables = staged_tables_of("int_houses_named") | selectattr("house.address") | list -%}
    {%- set said = ["_source_record_id", "address_key", "address_town", "address_level"] -%}
    {%- for table in tables %}
        select address_key
        from ({{ changed_rows(table.relation, said, changes) }}) as changed
        where address_key is not null
        {{ "union" if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The staging models that a union of them reads, with their source tables and contract metadata. -#}
{% macro staged_tables_of(name) -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" and node.name == name -%}
        {%- for parent in node.depends_on.nodes -%}
            {%- set staging = graph.nodes[parent] -%}
            {%- set landed = (
                staging.sources | selectattr(0, "equalto", "landing") | rejectattr(1, "equalto", "batches") | first
            )[1] -%}
            {%- set system, table = landed.split("__") -%}
            {%- do found.append({
                "system": system,
                "name": table,
                "house": staging_words(system, table).get("house", {}),
                "relation": api.Relation.create(
                    database=staging.database, schema=staging.schema, identifier=staging.name
                ),
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
