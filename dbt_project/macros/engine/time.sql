{#- Instants. The session's time zone is Asia/Shanghai on both engines. -#}
{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch("seconds_between", "community_brain")(earlier, later)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    (epoch({{ later }}) - epoch({{ earlier }}))
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    (cast({{ later }} as double) - cast({{ earlier }} as double))
{%- endmacro %}

{#- The date of an instant in the city's time zone. -#}
{% macro local_date(instant) -%}
    {{ return(adapter.dispatch("local_date", "community_brain")(instant)) }}
{%- endmacro %}

{% macro duckdb__local_date(instant) -%}
    cast({{ instant }} at time zone 'Asia/Shanghai' as date)
{%- endmacro %}

{% macro spark__local_date(instant) -%}
    to_date({{ instant }})
{%- endmacro %}

{% macro local_hour(instant) -%}
    {{ return(adapter.dispatch("local_hour", "community_brain")(instant)) }}
{%- endmacro %}

{% macro duckdb__local_hour(instant) -%}
    hour({{ instant }} at time zone 'Asia/Shanghai')
{%- endmacro %}

{% macro spark__local_hour(instant) -%}
    hour({{ instant }})
{%- endmacro %}

{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch("days_between", "community_brain")(earlier, later)) }}
{%- endmacro %}

{% macro duckdb__days_between(earlier, later) -%}
    date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}

{% macro add_seconds(instant, seconds) -%}
    {{ return(adapter.dispatch("add_seconds", "community_brain")(instant, seconds)) }}
{%- endmacro %}

{% macro duckdb__add_seconds(instant, seconds) -%}
    ({{ instant }} + to_seconds({{ seconds }}))
{%- endmacro %}

{% macro spark__add_seconds(instant, seconds) -%}
    timestamp_micros(unix_micros({{ instant }}) + cast(rint(({{ seconds }}) * 1000000) as bigint))
{%- endmacro %}

{#- The type of an instant. -#}
{% macro timestamp_type() -%}
    {{ return(adapter.dispatch("timestamp_type", "community_brain")()) }}
{%- endmacro %}

{% macro duckdb__timestamp_type() -%}
    timestamp with time zone
{%- endmacro %}

{% macro spark__timestamp_type() -%}
    timestamp
{%- endmacro %}
