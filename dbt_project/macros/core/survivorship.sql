{#- The value that survives and the record it comes from: the first by `rank` among those that hold one. -#}
{% macro survivor(column, rank, alias, condition=none) -%}
    {%- set holds = column ~ " is not null" ~ (" and " ~ condition if condition else "") -%}
    min_by({{ column }}, {{ rank }}) filter (where {{ holds }}) as {{ alias }},
        min_by(record_key, {{ rank }}) filter (where {{ holds }}) as {{ alias }}_source
{%- endmacro %}

{#- A rare character that the source's encoding lost, or a Chinese name in letters. -#}
{% macro is_name_unclear(name) -%}
    case when {{ regex_matches(name, "[?？□A-Z]") }} then 1 else 0 end
{%- endmacro %}

{#- Completed years of life on a day. -#}
{% macro full_years(birth_date, day) -%}
    cast(
        extract(year from {{ day }}) - extract(year from {{ birth_date }})
        - case
            when
                extract(month from {{ day }}) * 100 + extract(day from {{ day }})
                < extract(month from {{ birth_date }}) * 100 + extract(day from {{ birth_date }})
                then 1
            else 0
        end as integer
    )
{%- endmacro %}

{#- The value of the last row, by a unique order, that holds one. -#}
{% macro latest_by(column, order_column) -%}
    max_by({{ column }}, {{ order_column }}) filter (where {{ column }} is not null)
{%- endmacro %}

{#- The value of the first row, by a unique order, that holds one. -#}
{% macro first_by(column, order_column) -%}
    min_by({{ column }}, {{ order_column }}) filter (where {{ column }} is not null)
{%- endmacro %}
