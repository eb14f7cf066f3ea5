{#- Roll up community-days to every region and period. Rates are never averaged: a ratio is Σnum ÷
    Σden, and a quantile is computed from the facts at every level. -#}
{% macro region_levels() -%}
    {{ return(["community", "town", "county", "city"]) }}
{%- endmacro %}

{% macro period_expression(grain) -%}
    {%- if grain == "day" -%} date_day {%- else -%} {{ month_start("date_day") }} {%- endif -%}
{%- endmacro %}

{% macro roll_up(relation, definition) -%}
    {%- for level in region_levels() -%}
        {%- set level_loop = loop -%}
        {%- for grain in ["day", "month"] %}
    select
        '{{ definition.code }}' as indicator_code,
        {{ level }}_code as region_code,
        '{{ level }}' as region_level,
        '{{ grain }}' as period_grain,
        {{ period_expression(grain) }} as period_start,
        {{ roll_up_measures(definition) }}
    from {{ relation }}
    where {{ level }}_code is not null and date_day <= {{ as_of_date() }}
    group by {{ level }}_code, {{ period_expression(grain) }}
            {%- if not (loop.last and level_loop.last) %}
    union all
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}

{% macro roll_up_measures(definition) -%}
    {%- if definition.kind == "quantile" -%}
        cast(null as double) as numerator,
        cast(count({{ definition.value_column }}) as double) as denominator,
        cast({{ quantile(definition.value_column, definition.quantile) }} as double) as value,
        cast(count({{ definition.value_column }}) as double) / nullif(count(*), 0) as coverage
    {%- else -%}
        cast(sum(numerator) as double) as numerator,
        cast(sum(denominator) as double) as denominator,
        cast(sum(numerator) as double) / nullif(sum(denominator), 0) as value,
        cast(sum(measured_count) as double) / nullif(sum(in_scope_count), 0) as coverage
    {%- endif -%}
{%- endmacro %}
