{#- The groups of one match as a struct with fields g1, g2, …; empty texts without a match. -#}
{% macro regex_groups(text, pattern, count) -%}
    {{ return(adapter.dispatch("regex_groups", "community_brain")(text, pattern, count)) }}
{%- endmacro %}

{% macro duckdb__regex_groups(text, pattern, count) -%}
    regexp_extract(
        {{ text }}, '{{ pattern }}', [{% for n in range(1, count + 1) %}'g{{ n }}'{{ ", " if not loop.last }}{% endfor %}]
    )
{%- endmacro %}

{% macro spark__regex_groups(text, pattern, count) -%}
    named_struct(
        {% for n in range(1, count + 1) -%}
            'g{{ n }}', regexp_extract({{ text }}, '{{ pattern }}', {{ n }}){{ ", " if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
