{#- Resolve chains of references to their root: CTEs that end in `rooted_<followers>`, the rows of
    `followers` with `root` replaced by the end of their chain. Each round looks up the root's own
    root (pointer doubling), so `rounds` of them resolve chains of length up to 2^`rounds`. The CTEs begin and end
    at the start of a line, where `meta.computed_once` looks for them. -#}
{% macro followed_to_the_root(followers, key, root, kept, rounds) -%}
    {%- set links = namespace(name=followers) -%}
    {%- for round in range(1, rounds + 1) %}
        {%- set longer = "rooted_" ~ followers if round == rounds else followers ~ "_" ~ round %}
{{ longer }} as (

    select
        own.{{ key }},
        coalesce(ends.{{ root }}, own.{{ root }}) as {{ root }},
        own.{{ kept }}
    from {{ links.name }} as own
    left join {{ links.name }} as ends
        on own.{{ root }} = ends.{{ key }}

){{ "," if not loop.last }}
        {%- set links.name = longer %}
    {%- endfor %}
{%- endmacro %}
