{#- Fifteen digits, and not the 000 of a community's unassigned rest. -#}
{% macro is_grid_code(grid_code) -%}
    ({{ regex_matches(grid_code, "^[0-9]{15}$") }} and substr({{ grid_code }}, 13, 3) <> '000')
{%- endmacro %}
