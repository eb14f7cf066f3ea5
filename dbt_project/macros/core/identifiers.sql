{#- Our own id of a thing, stable because it follows from the source's key alone. -#}
{% macro surrogate_id(prefix, key) -%}
    '{{ prefix }}' || substr({{ dbt.hash(key) }}, 1, 20)
{%- endmacro %}

{#- The day that the platform believes to be. -#}
{% macro as_of_date() -%}
    cast('{{ var("as_of") }}' as date)
{%- endmacro %}

{#- The instant at which that day ends: nothing later is known. -#}
{% macro as_of_end() -%}
    {{ local_midnight(add_days(as_of_date(), 1)) }}
{%- endmacro %}
