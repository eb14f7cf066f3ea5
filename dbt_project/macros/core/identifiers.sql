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

{#- A house's code is its community (12), building (5), unit (2), floor (3) and room (3): the first two make the
    building's. No grid is in it, so that it survives when grids are cut anew. -#}
{% macro building_code_of_house(house_code) -%}
    case when length({{ house_code }}) = 25 then substr({{ house_code }}, 1, 17) end
{%- endmacro %}
