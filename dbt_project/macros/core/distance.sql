{#- Metres between two points in degrees, on a sphere (haversine); within 0.5 % at city scale. -#}
{% macro distance_meters(longitude, latitude, other_longitude, other_latitude) -%}
    2 * 6371008.8 * asin(sqrt(
        power(sin(radians({{ other_latitude }} - {{ latitude }}) / 2), 2)
        + cos(radians({{ latitude }})) * cos(radians({{ other_latitude }}))
        * power(sin(radians({{ other_longitude }} - {{ longitude }}) / 2), 2)
    ))
{%- endmacro %}

{#- The side of a cell, in degrees, that is at least as wide as two reports of one incident may lie apart.
    `widening` covers the shrinking of a degree of longitude towards the north. -#}
{% macro incident_cell_degrees(widening) -%}
    {{ (var("incident_merge_meters") / 111195 * widening) | round(6) }}
{%- endmacro %}
