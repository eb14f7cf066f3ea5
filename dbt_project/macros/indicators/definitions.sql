{#- The indicator models' own definitions: one mapping per published code, in display order.

    A model declares `meta.indicator`: one mapping, or a list where one fact serves several codes. -#}
{% macro indicator_definitions() -%}
    {%- set definitions = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() | selectattr("resource_type", "equalto", "model") -%}
            {%- set declared = node.config.meta.get("indicator") -%}
            {%- if declared -%}
                {%- for definition in ([declared] if declared is mapping else declared) -%}
                    {%- do definitions.append(dict(definition, model_name=node.name)) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(definitions | sort(attribute="display_order")) }}
{%- endmacro %}

{#- A text literal, or a typed null. -#}
{% macro text_literal(value) -%}
    {%- if value is none -%}
        cast(null as {{ dbt.type_string() }})
    {%- else -%}
        '{{ value | string | replace("'", "''") }}'
    {%- endif -%}
{%- endmacro %}
