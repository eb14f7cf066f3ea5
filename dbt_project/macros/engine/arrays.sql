{#- An array of the non-null texts among `items`. -#}
{% macro array_of_texts(items) -%}
    {{ return(adapter.dispatch("array_of_texts", "community_brain")(items)) }}
{%- endmacro %}

{% macro duckdb__array_of_texts(items) -%}
    list_filter(
        [
            {{ items | join(",\n            ") }}
        ],
        lambda item: item is not null
    )
{%- endmacro %}

{% macro spark__array_of_texts(items) -%}
    filter(
        array(
            {{ items | join(",\n            ") }}
        ),
        item -> item is not null
    )
{%- endmacro %}

{% macro join_arrays(arrays) -%}
    {{ return(adapter.dispatch("join_arrays", "community_brain")(arrays)) }}
{%- endmacro %}

{% macro duckdb__join_arrays(arrays) -%}
    list_concat({{ arrays | join(", ") }})
{%- endmacro %}

{% macro spark__join_arrays(arrays) -%}
    concat({{ arrays | join(", ") }})
{%- endmacro %}

{% macro has_items(array) -%}
    {{ return(adapter.dispatch("has_items", "community_brain")(array)) }}
{%- endmacro %}

{% macro duckdb__has_items(array) -%}
    len({{ array }}) > 0
{%- endmacro %}

{% macro spark__has_items(array) -%}
    size({{ array }}) > 0
{%- endmacro %}

{#- One row per item of an array column: select `columns` and the item as `alias`. -#}
{% macro select_each(relation, columns, array_column, alias) -%}
    {{ return(adapter.dispatch("select_each", "community_brain")(relation, columns, array_column, alias)) }}
{%- endmacro %}

{% macro duckdb__select_each(relation, columns, array_column, alias) -%}
    select
        {{ columns | join(",\n        ") }},
        unnest({{ array_column }}) as {{ alias }}
    from {{ relation }}
    where {{ has_items(array_column) }}
{%- endmacro %}

{% macro spark__select_each(relation, columns, array_column, alias) -%}
    select
        {{ columns | join(",\n        ") }},
        explode({{ array_column }}) as {{ alias }}
    from {{ relation }}
    where {{ has_items(array_column) }}
{%- endmacro %}
