"""A small lake of indicators on the real divisions, for the dashboard's tests."""

from __future__ import annotations

import duckdb

from pipelines.settings import PROJECT_ROOT

MART = "lake.indicators.mart_leadership_values"
INDICATORS = PROJECT_ROOT / "tests" / "dashboards" / "fake_indicators.csv"
DIVISIONS = PROJECT_ROOT / "simulator" / "data" / "huainan_divisions.csv"

FACTS = """
create table lake.indicators.mart_leadership_values as
with cells as (
    select
        indicators.*, regions.region_code, regions.region_level, regions.parent_code,
        periods.period_grain, periods.period_start,
        (hash(indicators.indicator_code, left(regions.region_code, 6)) % 100) / 1000.0 as county_shift,
        (hash(indicators.indicator_code, regions.region_code, periods.period_start) % 100) / 2000.0
            as noise,
        case regions.region_level when 'city' then 300 when 'county' then 45 when 'town' then 5 else 0.12 end
            as breadth
    from indicators
    cross join lake.core.dim_regions as regions
    cross join (
        select 'month' as period_grain,
            unnest([date '2026-04-01', date '2026-05-01', date '2026-06-01']) as period_start
        union all
        select 'day', cast(range as date) from range(date '2026-04-01', date '2026-07-01', interval 1 day)
    ) as periods
    where periods.period_grain = 'month' or regions.region_level = 'city'
),
counted as (
    select *,
        round(volume * breadth * if(period_grain = 'month', 1.0, 1.0 / 30) * (0.6 + noise * 12))
            as denominator,
        least(if(unit = '%', 1.0, 1e9), (level - county_shift + noise) * if(unit = '%', 1, 1 + county_shift))
            as rate
    from cells
)
select
    indicator_code, region_code, region_level, parent_code, period_grain, period_start,
    if(denominator >= 5 and unit = '%', round(denominator * rate), null) as numerator,
    if(denominator >= 5, denominator, null) as denominator,
    if(denominator >= 5, round(denominator * rate) / denominator, null) as value,
    0.93 + noise as coverage, denominator >= 30 as is_rankable,
    denominator between 1 and 4 as is_suppressed, date '2026-06-30' as as_of, 42 as lake_snapshot
from counted
"""


def fake_lake() -> duckdb.DuckDBPyConnection:
    """A connection with a database `lake` whose schema `indicators` looks like the warehouse's."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as lake; create schema lake.indicators; create schema lake.core")
    connection.execute(
        f"""
        create table lake.core.dim_regions as
        with divisions as (select * from read_csv('{DIVISIONS}', all_varchar = true))
        select '340400' as region_code, '淮南市' as region_name, 'city' as region_level, null as parent_code
        union all select distinct county_code, county_name, 'county', '340400' from divisions
        union all select distinct town_code, town_name, 'town', county_code from divisions
        union all select community_code, community_name, 'community', town_code from divisions
        """
    )
    connection.execute(f"create temp table indicators as select * from read_csv('{INDICATORS}')")
    connection.execute(
        """
        create table lake.indicators.dim_indicators as
        select * exclude (level, volume, target), cast(target as double) as target,
            split_part(indicator_code, '_', 1) as measure_code,
            if(unit = '%', 'ratio', 'quantile') as indicator_kind,
            numerator_name || ' ÷ ' || denominator_name as formula, '已知 ÷ 全部' as coverage_name,
            '试点方案' as plan_clause
        from indicators
        """
    )
    connection.execute(FACTS)
    return connection
