{#- The value below which the given share of values lies, interpolated between neighbours. -#}
{% macro quantile(value, share) -%}
    {{ return(adapter.dispatch("quantile", "community_brain")(value, share)) }}
{%- endmacro %}

{% macro duckdb__quantile(value, share) -%}
    quantile_cont({{ value }}, {{ share }})
{%- endmacro %}

{% macro spark__quantile(value, share) -%}
    percentile({{ value }}, {{ share }})
{%- endmacro %}
