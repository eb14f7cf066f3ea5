{#- Of candidate pairs, those in which one side has no other candidate: each settled pair removes its
    sides as candidates for the rest, which may settle more. CTEs named `open_n` and `settled_n`; the
    last is `settled`. -#}
{% macro eliminated_pairs(pairs, asking, meant, rounds) -%}
    open_0 as (

        select
            {{ asking }},
            {{ meant }}
        from {{ pairs }}

    ),
    {%- for round in range(1, rounds + 1) %}

    settled_{{ round }} as (

        select
            min({{ asking }}) as {{ asking }},
            {{ meant }}
        from (
            select
                {{ asking }},
                min({{ meant }}) as {{ meant }}
            from open_{{ round - 1 }}
            group by {{ asking }}
            having count(*) = 1
        ) as certain
        group by {{ meant }}
        having count(*) = 1

    ),

    open_{{ round }} as (

        select
            earlier.{{ asking }},
            earlier.{{ meant }}
        from open_{{ round - 1 }} as earlier
        left join settled_{{ round }} as answered
            on earlier.{{ asking }} = answered.{{ asking }}
        left join settled_{{ round }} as taken
            on earlier.{{ meant }} = taken.{{ meant }}
        where answered.{{ asking }} is null and taken.{{ meant }} is null

    ),
    {%- endfor %}

    settled as (

        {% for round in range(1, rounds + 1) -%}
            select * from settled_{{ round }}
            {%- if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}

    )
{%- endmacro %}
