{#- Every staged row that names a person, in a common form: a union of one branch per entry of
    `tables`, which are (system, table, relation). What a table says about its person is declared in
    its contract. -#}
{% macro named_persons(tables) -%}
    {% for system, table_name, relation in tables -%}
        {{ named_persons_of(system, table_name, relation) }}
        {% if not loop.last -%}
            union all
        {% endif -%}
    {%- endfor %}
{%- endmacro %}

{#- One table's rows that name a person. A record stands for one person: of several standardised in a
    row, only the first takes part. `staging.person` gives the prefix of the person's standard
    fields, `staging.identity` further identifying columns. A row entered as a test names nobody. -#}
{% macro named_persons_of(system, table_name, relation) -%}
    {%- set staging = staging_words(system, table_name) -%}
    {%- set person = staging.get("person", [{"prefix": ""}]) | first -%}
    {%- set identity = staging.get("identity", {}) -%}
    {%- set nothing = "cast(null as " ~ text_type() ~ ")" -%}
    select
        '{{ system }}|{{ table_name }}|' || _source_record_id as record_key,
        '{{ system }}' as source_system,
        '{{ table_name }}' as source_table,
        _source_record_id as source_record_id,
        {% for name in person_outputs() -%}
            {{ person.prefix ~ name }}{{ "" if person.prefix == "" else " as " ~ name }},
        {% endfor -%}
        {% for name in identity_columns() -%}
            {{ identity.get(name, nothing) }}{{ "" if identity.get(name) == name else " as " ~ name }},
        {% endfor -%}
        {% for name in ["address_key"] + address_outputs() -%}
            {{ name if identity.address else nothing ~ " as " ~ name }},
        {% endfor -%}
        {{ "true" if "birth_date" in person else "false" }} as gives_birth_date,
        {{ record_key_of(identity.record) if identity.record else nothing }} as same_person_record_key,
        is_deleted,
        updated_at,
        _batch_id,
        _landed_at
    from {{ relation }}
    where
        ({{ person.prefix }}name_raw is not null or {{ person.prefix }}id_number is not null)
        {% if "is_test" in documented_columns(relation) -%}
            and not is_test
        {%- endif %}
{%- endmacro %}

{#- Identifying columns a row may have, besides the person's own fields and address. -#}
{% macro identity_columns() -%}
    {{ return([
        "former_name", "hukou_no", "house_code", "owned_house_code", "community_code", "work_community_code",
    ]) }}
{%- endmacro %}

{#- The record of another table that a row references by key, in the format of `record_key`. -#}
{% macro record_key_of(record) -%}
    '{{ record.of | replace(".", "|") }}|' || nullif({{ record.column }}, '')
{%- endmacro %}

{#- The columns listed in a model's description; empty while dbt only parses. -#}
{% macro documented_columns(relation) -%}
    {%- set found = namespace(names=[]) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.name == relation.identifier -%}
            {%- set found.names = node.columns.keys() | list -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.names) }}
{%- endmacro %}

{#- 990 is not an identity document: a health card, a membership. -#}
{% macro is_other_card(named) -%}
    coalesce({{ named }}.id_type_code = '990', false)
{%- endmacro %}

{#- The document type of a row of `named`. A foreign one of unknown type is taken to be a passport. -#}
{% macro document_type_code(named) -%}
    case
        when
            {{ named }}.id_number_status = 'foreign'
            and not coalesce({{ is_other_document(named ~ ".id_type_code") }}, false)
            then '414'
        else coalesce(nullif({{ named }}.id_type_code, ''), '111')
    end
{%- endmacro %}

{#- The key that identifies the document of a row of `named`: a resident's number by itself,
    another's together with its type, because an officer's card may share a number with somebody's
    passport. -#}
{% macro document_key(named) -%}
    case
        when {{ named }}.id_number_status = 'foreign' then {{ document_type_code(named) }} || '|' || {{ named }}.id_number
        else {{ named }}.id_number
    end
{%- endmacro %}

{#- The number of a row of `named`, unless it is not an identity document or is doubted. -#}
{% macro own_id_number(named, doubted) -%}
    case
        when {{ doubted }}.doubt_code is null and not {{ is_other_card(named) }} then {{ named }}.id_number
    end
{%- endmacro %}
