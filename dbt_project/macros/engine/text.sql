{#- Regular expressions: RE2 in DuckDB, Java's in Spark. Patterns use only what both support: no
    backslashes, lookaround or back-references. -#}
{% macro regex_extract(text, pattern, group=1) -%}
    {{ return(adapter.dispatch("regex_extract", "community_brain")(text, pattern, group)) }}
{%- endmacro %}

{% macro default__regex_extract(text, pattern, group) -%}
    regexp_extract({{ text }}, '{{ pattern }}', {{ group }})
{%- endmacro %}

{% macro regex_replace(text, pattern, replacement="") -%}
    {{ return(adapter.dispatch("regex_replace", "community_brain")(text, pattern, replacement)) }}
{%- endmacro %}

{% macro duckdb__regex_replace(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro default__regex_replace(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{% macro regex_matches(text, pattern) -%}
    {{ return(adapter.dispatch("regex_matches", "community_brain")(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__regex_matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{#- Java's $ also matches before a trailing line break, so a telephone with one would pass as plain. -#}
{% macro default__regex_matches(text, pattern) -%}
    {%- set whole = pattern[:-1] ~ "\\\\z" if pattern.endswith("$") else pattern -%}
    ({{ text }} rlike '{{ whole }}')
{%- endmacro %}
