-- The tables behind the dashboards: served facts with names, in display units.

-- Values have the one decimal that pages show and are never rounded in the indicator's favour:
-- 12,974 of 12,975 is 99.9, not the target 100.0; a target is never rounded to an easier one. The
-- inner rounding removes binary fraction noise.
create or replace temp macro as_shown(shown_value, direction) as
    if(direction = 'down', ceil(round(shown_value * 10, 9)), floor(round(shown_value * 10, 9))) / 10;

create table serving.indicator_values as
with facts as (
    select
        *,
        lag(value) over (
            partition by indicator_code, region_code, period_grain order by period_start
        ) as previous_value,
        period_start = max(period_start) over (partition by indicator_code, period_grain) as is_latest,
        -- The best region ranks first, whichever direction is good; regions with few cases are
        -- shown but not ranked.
        if(is_rankable and value is not null, rank() over (
            partition by indicator_code, region_level, period_grain, period_start, is_rankable and value is not null
            order by if(direction = 'down', value, -value)
        ), null) as region_rank
    from serving.fct_indicator_values
    inner join (select indicator_code, direction from serving.dim_indicators) using (indicator_code)
),

-- A month in which the city has no value of an indicator keeps its row, so that the list of indicators stays whole.
months_without as (
    select
        indicators.indicator_code,
        indicators.direction,
        regions.region_code,
        regions.region_level,
        'month' as period_grain,
        months.period_start,
        months.period_start as period_month,
        false as is_rankable,
        false as is_suppressed,
        false as is_latest
    from serving.dim_indicators as indicators
    cross join (select distinct period_start from facts where period_grain = 'month') as months
    inner join serving.dim_regions as regions on regions.region_level = 'city'
    anti join facts
        on facts.period_grain = 'month'
        and indicators.indicator_code = facts.indicator_code
        and regions.region_code = facts.region_code
        and months.period_start = facts.period_start
),

since as (
    select indicator_code, strftime(min(period_month), '%Y-%m') as available_since
    from facts
    where value is not null and region_level = 'city'
    group by indicator_code
),

scaled as (
    select
        facts.*,
        indicators.indicator_name,
        indicators.theme_name,
        indicators.numerator_name,
        indicators.denominator_name,
        indicators.unit,
        indicators.owner,
        indicators.target,
        indicators.formula,
        indicators.display_order,
        since.available_since,
        if(indicators.unit = '%', 100.0, 1.0) as scale,
        case
            when facts.region_rank is not null then 1
            when facts.value is not null then 2
            when facts.is_suppressed then 3
            else 4
        end as standing
    from (select * from facts union all by name select * from months_without) as facts
    inner join serving.dim_indicators as indicators on facts.indicator_code = indicators.indicator_code
    left join since on facts.indicator_code = since.indicator_code
)

select
    scaled.indicator_code,
    scaled.indicator_name,
    scaled.indicator_name || '（' || scaled.unit || '）' as indicator_label,
    scaled.display_order,
    scaled.theme_name,
    scaled.owner,
    scaled.unit,
    case scaled.direction when 'up' then '越高越好' when 'down' then '越低越好' else '—' end as direction_label,
    scaled.numerator_name,
    scaled.denominator_name,
    scaled.formula,
    scaled.available_since,
    scaled.region_code,
    regions.region_name,
    scaled.region_level,
    counties.region_name as county_name,
    towns.region_name as town_name,
    scaled.period_grain,
    cast(scaled.period_start as timestamp) as period_start,
    strftime(scaled.period_month, '%Y-%m') as period_label,
    scaled.numerator,
    scaled.denominator,
    scaled.value,
    as_shown(scaled.value * scaled.scale, scaled.direction) as display_value,
    as_shown(scaled.previous_value * scaled.scale, scaled.direction) as previous_display_value,
    -- What the page shows of both, subtracted: a reader who does it must come to the same.
    round(display_value - previous_display_value, 1) as display_change,
    as_shown(scaled.target * scaled.scale, if(scaled.direction = 'down', 'up', 'down')) as display_target,
    scaled.coverage,
    round(as_shown(scaled.coverage * 100, 'up') / 100, 3) as display_coverage,
    scaled.region_rank,
    case scaled.standing
        when 1 then cast(scaled.region_rank as varchar)
        when 2 then '不排名（n=' || cast(scaled.denominator as bigint) || '）'
        when 3 then '不公布'
        else '无数据'
    end as shown_rank,
    -- The order of a ranking's rows: ranked, then too few to be ranked, then hidden, then without any; best first.
    rank() over (
        partition by scaled.indicator_code, scaled.region_level, scaled.period_grain, scaled.period_start
        order by scaled.standing, if(scaled.direction = 'down', scaled.value, -scaled.value)
    ) as rank_order,
    scaled.is_rankable,
    scaled.is_suppressed,
    scaled.is_latest,
    releases.data_as_of,
    releases.release_id
from scaled
cross join serving.release as releases
inner join serving.dim_regions as regions on scaled.region_code = regions.region_code
left join serving.dim_regions as towns
    on towns.region_level = 'town' and starts_with(scaled.region_code, towns.region_code)
left join serving.dim_regions as counties
    on counties.region_level = 'county' and starts_with(scaled.region_code, counties.region_code)
order by scaled.display_order, scaled.period_grain, scaled.region_code, scaled.period_start;

create table serving.county_map as
select
    facts.*,
    outlines.outline
from serving.indicator_values as facts
inner join serving.region_outlines as outlines on facts.region_code = outlines.region_code
where facts.region_level = 'county' and facts.period_grain = 'month';
