{#- A digest of several columns that distinguishes null from empty. -#}
{% macro row_digest(columns) -%}
    md5(concat_ws('|'{% for column in columns %}, coalesce({{ written_out(column) }}, '~'){% endfor %}))
{%- endmacro %}

{#- Any value in DuckDB's text form: digests break ties, and both engines must break them alike. -#}
{% macro written_out(column) -%}
    {{ return(adapter.dispatch("written_out", "community_brain")(column)) }}
{%- endmacro %}

{% macro default__written_out(column) -%}
    cast({{ column }} as {{ text_type() }})
{%- endmacro %}

{#- DuckDB writes a timestamp with its zone. `typeof` is resolved before the query runs. -#}
{% macro spark__written_out(column) -%}
    cast({{ column }} as string) || case when typeof({{ column }}) = 'timestamp' then '+08' else '' end
{%- endmacro %}

{% macro text_type() -%}
    {{ return(adapter.dispatch("text_type", "community_brain")()) }}
{%- endmacro %}

{% macro default__text_type() -%}
    varchar
{%- endmacro %}

{% macro spark__text_type() -%}
    string
{%- endmacro %}
