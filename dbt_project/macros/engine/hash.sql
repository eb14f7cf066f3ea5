{#- A digest of several columns; null and empty differ from each other. -#}
{% macro row_digest(columns) -%}
    md5(concat_ws('|'{% for column in columns %}, coalesce(cast({{ column }} as {{ text_type() }}), '~'){% endfor %}))
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
