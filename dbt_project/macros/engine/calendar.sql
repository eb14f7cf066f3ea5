{#- The instant at which a day begins in the city's time zone. -#}
{% macro local_midnight(day) -%}
    {{ return(adapter.dispatch("local_midnight", "community_brain")(day)) }}
{%- endmacro %}

{% macro duckdb__local_midnight(day) -%}
    (cast({{ day }} as timestamp) at time zone 'Asia/Shanghai')
{%- endmacro %}

{% macro spark__local_midnight(day) -%}
    cast({{ day }} as timestamp)
{%- endmacro %}

{#- A day plus a number of days, which may be negative. -#}
{% macro add_days(day, number) -%}
    {{ return(adapter.dispatch("add_days", "community_brain")(day, number)) }}
{%- endmacro %}

{% macro duckdb__add_days(day, number) -%}
    cast({{ day }} + cast({{ number }} as integer) as date)
{%- endmacro %}

{% macro spark__add_days(day, number) -%}
    date_add({{ day }}, cast({{ number }} as int))
{%- endmacro %}

{#- The first day of a day's month. -#}
{% macro month_start(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}

{#- 1 for Monday to 7 for Sunday (ISO 8601). -#}
{% macro weekday_number(day) -%}
    {{ return(adapter.dispatch("weekday_number", "community_brain")(day)) }}
{%- endmacro %}

{% macro duckdb__weekday_number(day) -%}
    isodow({{ day }})
{%- endmacro %}

{% macro spark__weekday_number(day) -%}
    (weekday({{ day }}) + 1)
{%- endmacro %}
