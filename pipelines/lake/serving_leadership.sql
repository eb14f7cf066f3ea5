-- The leadership's serving file: indicators of regions, never a row about a person. Reads the
-- lake's indicator mart and region dimension; writes to the attached database `serving`.

create table serving.dim_regions as
select
    regions.region_code,
    regions.region_name,
    regions.region_level,
    regions.parent_code
from lake.core.dim_regions as regions
where regions.region_level in ('city', 'county', 'town', 'community')
order by regions.region_code;

create table serving.dim_indicators as
select
    indicator_code,
    measure_code,
    indicator_name,
    theme_name,
    indicator_kind,
    numerator_name,
    denominator_name,
    formula,
    coverage_name,
    unit,
    direction,
    target,
    owner,
    plan_clause,
    row_number() over (order by display_order, indicator_code) as display_order
from lake.indicators.dim_indicators
order by display_order;

-- The mart applies primary suppression; secondary suppression follows after this.
create table serving.fct_indicator_values as
select
    facts.indicator_code,
    facts.region_code,
    regions.region_level,
    regions.parent_code,
    facts.period_grain,
    cast(facts.period_start as date) as period_start,
    cast(date_trunc('month', facts.period_start) as date) as period_month,
    cast(facts.numerator as double) as numerator,
    cast(facts.denominator as double) as denominator,
    -- Precise enough that one missing out of three million remains visible.
    round(cast(facts.value as double), 12) as value,
    round(cast(facts.coverage as double), 6) as coverage,
    facts.is_rankable,
    facts.is_suppressed
from lake.indicators.mart_leadership_values as facts
inner join serving.dim_regions as regions on facts.region_code = regions.region_code
order by facts.indicator_code, facts.period_grain, facts.region_code, facts.period_start;
