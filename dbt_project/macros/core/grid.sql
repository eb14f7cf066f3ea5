{#- Fifteen digits that do not end in 000, which stands for a community's unassigned remainder. -#}
{% macro is_grid_code(grid_code) -%}
    ({{ regex_matches(grid_code, "^[0-9]{15}$") }} and substr({{ grid_code }}, 13, 3) <> '000')
{%- endmacro %}
