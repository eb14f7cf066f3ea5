{%- set facts = {
    "ind_government_services__case_completion": ref("ind_government_services__case_completion"),
    "ind_government_services__on_time_completion": ref("ind_government_services__on_time_completion"),
    "ind_government_services__single_visit": ref("ind_government_services__single_visit"),
    "ind_governance__house_grid_assignment": ref("ind_governance__house_grid_assignment"),
    "ind_safety__sensor_discovery": ref("ind_safety__sensor_discovery"),
    "ind_safety__alarm_response": ref("ind_safety__alarm_response"),
    "ind_safety__device_availability": ref("ind_safety__device_availability"),
    "ind_population__resident_grid_assignment": ref("ind_population__resident_grid_assignment"),
} -%}

with

values_of_regions as (
    {%- for definition in indicator_definitions() %}

    {{ roll_up(facts[definition.model_name], definition) }}
        {%- if not loop.last %}
    union all
        {%- endif %}
    {%- endfor %}

)

select
    indicator_code,
    region_code,
    region_level,
    period_grain,
    period_start,
    numerator,
    denominator,
    value,
    coverage,
    -- Fewer than thirty: shown with its n, but not ranked.
    coalesce(denominator >= {{ var("rankable_denominator") }}, false) as is_rankable,
    {{ as_of_date() }} as as_of,
    cast({{ lake_snapshot() }} as bigint) as lake_snapshot
from values_of_regions
