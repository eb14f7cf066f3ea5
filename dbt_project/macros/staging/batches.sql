{#- The order of batches. A file says its period and its place among the files; what comes from a database or an
    interface counts in the order of landing. -#}
{% macro batch_period() -%}
    {{ "coalesce(period, '')" if batches_have("period") else "''" }}
{%- endmacro %}

{% macro batch_sequence() -%}
    {{ "sequence" if batches_have("sequence") else "landed_at" }}
{%- endmacro %}

{% macro batches_have(column) -%}
    {%- if not execute -%} {{ return(false) }} {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(source("landing", "batches")) | map(attribute="name") | list -%}
    {{ return(column in columns) }}
{%- endmacro %}
