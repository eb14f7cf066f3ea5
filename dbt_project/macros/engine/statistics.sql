{#- The quantile of a value, linearly interpolated. -#}
{% macro quantile(value, share) -%}
    {{ return(adapter.dispatch("quantile", "community_brain")(value, share)) }}
{%- endmacro %}

{% macro duckdb__quantile(value, share) -%}
    quantile_cont({{ value }}, {{ share }})
{%- endmacro %}

{% macro spark__quantile(value, share) -%}
    percentile({{ value }}, {{ share }})
{%- endmacro %}

{#- The nearest integer: DuckDB's cast rounds, Spark's truncates. -#}
{% macro whole_number(value) -%}
    {{ return(adapter.dispatch("whole_number", "community_brain")(value)) }}
{%- endmacro %}

{% macro duckdb__whole_number(value) -%}
    cast({{ value }} as bigint)
{%- endmacro %}

{% macro spark__whole_number(value) -%}
    cast(rint({{ value }}) as bigint)
{%- endmacro %}

{#- A floating point number rounded to decimals: DuckDB rounds the scaled number, Spark its decimal
    text. -#}
{% macro rounded(value, decimals) -%}
    {{ return(adapter.dispatch("rounded", "community_brain")(value, decimals)) }}
{%- endmacro %}

{% macro duckdb__rounded(value, decimals) -%}
    round({{ value }}, {{ decimals }})
{%- endmacro %}

{% macro spark__rounded(value, decimals) -%}
    (round({{ value }} * 1e{{ decimals }}d) / 1e{{ decimals }}d)
{%- endmacro %}
