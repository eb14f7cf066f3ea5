with

definitions as (
    {%- for definition in indicator_definitions() %}

    select
        '{{ definition.code }}' as indicator_code,
        '{{ definition.measure_code }}' as measure_code,
        {{ text_literal(definition.name_zh) }} as indicator_name,
        '{{ definition.theme_code }}' as theme_code,
        {{ text_literal(definition.theme_zh) }} as theme_name,
        '{{ definition.kind }}' as indicator_kind,
        {{ text_literal(definition.numerator_zh) }} as numerator_name,
        {{ text_literal(definition.denominator_zh) }} as denominator_name,
        {{ text_literal(definition.formula) }} as formula,
        {{ text_literal(definition.coverage_zh) }} as coverage_name,
        {{ text_literal(definition.unit) }} as unit,
        '{{ definition.direction }}' as direction,
        cast({{ definition.target if definition.target is not none else "null" }} as double) as target,
        {{ text_literal(definition.owner_zh) }} as owner,
        '{{ definition.owner_code }}' as owner_code,
        {{ text_literal(definition.plan_clause) }} as plan_clause,
        '{{ definition.model_name }}' as model_name,
        {{ definition.display_order }} as display_order
        {%- if not loop.last %}

    union all
        {%- endif %}
    {%- endfor %}

)

select * from definitions
