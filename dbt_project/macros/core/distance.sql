{#- Distance in metres between two points in degrees, on a sphere (haversine); within 0.5 % at city
    scale. -#}
{% macro distance_meters(longitude, latitude, other_longitude, other_latitude) -%}
    2 * 6371008.8 * asin(sqrt(
        power(sin(radians({{ other_latitude }} - {{ latitude }}) / 2), 2)
        + cos(radians({{ latitude }})) * cos(radians({{ other_latitude }}))
        * power(sin(radians({{ other_longitude }} - {{ longitude }}) / 2), 2)
    ))
{%- endmacro %}

{#- The side of a cell in degrees, at least the distance within which two reports of one incident are
    merged. `widening` compensates for a degree of longitude shrinking towards the north. -#}
{% macro incident_cell_degrees(widening) -%}
    {{ (var("incident_merge_meters") / 111195 * widening) | round(6) }}
{%- endmacro %}

{#- The cell of a point. Cells are slightly wider than the merge distance, so that two reports of one
    incident fall into the same or adjacent cells. -#}
{% macro incident_cell(longitude, latitude) -%}
    cast(floor({{ longitude }} / {{ incident_cell_degrees(1.25) }}) as integer) as cell_x,
        cast(floor({{ latitude }} / {{ incident_cell_degrees(1.05) }}) as integer) as cell_y
{%- endmacro %}

{#- CTEs that end in `name`: the rows of `relation` repeated for each surrounding cell, as `near_x`
    and `near_y`; with `time_slot`, also for each surrounding slot, as `near_slot`. An equality join
    with them finds the neighbours. -#}
{% macro neighbouring_cells(name, relation, time_slot=none) -%}
    steps as (

        select -1 as step
        union all
        select 0 as step
        union all
        select 1 as step

    ),

    {{ name }} as (

        select
            {{ relation }}.*,
            {{ relation }}.cell_x + across.step as near_x,
            {{ relation }}.cell_y + along.step as near_y
            {%- if time_slot %},
            {{ relation }}.{{ time_slot }} + around.step as near_slot
            {%- endif %}
        from {{ relation }}
        cross join steps as across
        cross join steps as along
        {%- if time_slot %}
        cross join steps as around
        {%- endif %}

    )
{%- endmacro %}
