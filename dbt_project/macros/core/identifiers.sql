{#- A surrogate key, stable because it is derived from the source's key alone. -#}
{% macro surrogate_id(prefix, key) -%}
    '{{ prefix }}' || substr({{ dbt.hash(key) }}, 1, 20)
{%- endmacro %}

{#- The key of a source record across all tables, as in `record_key`, of a row that names its three
    parts. -#}
{% macro joined_record_key() -%}
    source_system || '|' || source_table || '|' || source_record_id
{%- endmacro %}

{#- The current date as configured for the platform. -#}
{% macro as_of_date() -%}
    cast('{{ var("as_of") }}' as date)
{%- endmacro %}

{#- A house code consists of community (12), building (5), unit (2), floor (3) and room (3); the
    first two form the building code. It contains no grid, so it survives when grids are redrawn. -#}
{% macro building_code_of_house(house_code) -%}
    case when length({{ house_code }}) = 25 then substr({{ house_code }}, 1, 17) end
{%- endmacro %}
