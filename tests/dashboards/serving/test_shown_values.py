"""What the serving file makes of a value for pages: roundings, changes, ranks and the months without one."""

from __future__ import annotations

import itertools

import duckdb
import pytest

from pipelines.lake.serving import publish_leadership, serving_file
from pipelines.settings import Settings
from tests.dashboards.fake_lake import MART


@pytest.mark.parametrize(
    ("code", "numerator", "denominator", "value", "shown"),
    [
        ("RK1", 12_974, 12_975, 12_974 / 12_975, 99.9),
        ("RK1", 2_999_999, 3_000_000, 2_999_999 / 3_000_000, 99.9),
        ("RK1", 3_000_000, 3_000_000, 1.0, 100.0),
        ("ZW1", 29, 100, 29 / 100, 29.0),
        ("ZW1", 0, 100, 0.0, 0.0),
        ("PA3_CLOSE_P90", None, 100, 30.01, 30.1),
        ("PA3_CLOSE_P90", None, 100, 30.1, 30.1),
    ],
)
def test_a_value_is_never_shown_better_than_it_is(
    code: str,
    numerator: float | None,
    denominator: float,
    value: float,
    shown: float,
    lake: duckdb.DuckDBPyConnection,
    settings: Settings,
) -> None:
    cell = "region_level = 'city' and period_grain = 'month' and indicator_code = ?"
    lake.execute(
        f"update {MART} set numerator = ?, denominator = ?, value = ? where {cell}",
        [numerator, denominator, value, code],
    )
    publish_leadership(lake, settings, lake_snapshot=1)
    with duckdb.connect(str(serving_file(settings)), read_only=True) as file:
        found = file.execute(f"select distinct display_value from indicator_values where {cell}", [code])
        assert found.fetchall() == [(shown,)]


def test_no_value_that_misses_its_target_is_shown_as_equal_to_it(
    lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    lake.execute("update lake.indicators.dim_indicators set target = 0.9994 where indicator_code = 'RK1'")
    lake.execute("update lake.indicators.dim_indicators set target = 30.04 where unit <> '%'")
    lake.execute(f"update {MART} set value = 0.9992 where indicator_code = 'RK1' and region_level = 'city'")
    lake.execute(
        f"update {MART} set value = 30.06 where indicator_code like 'PA3%' and region_level = 'city'"
    )
    publish_leadership(lake, settings, lake_snapshot=1)
    with duckdb.connect(str(serving_file(settings)), read_only=True) as file:
        missed, shown_as_met = file.execute(
            """
            select count(*), count(*) filter (where display_value = display_target)
            from indicator_values inner join dim_indicators using (indicator_code)
            where if(direction = 'down', value > target, value < target)
            """
        ).fetchone()
    assert missed > 0
    assert shown_as_met == 0


@pytest.mark.parametrize(("coverage", "shown"), [(0.997339, 0.997), (0.999999, 0.999), (0.29, 0.29), (1, 1)])
def test_a_coverage_is_never_shown_better_than_it_is(
    coverage: float, shown: float, lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    lake.execute(f"update {MART} set coverage = ? where region_level = 'city'", [coverage])
    publish_leadership(lake, settings, lake_snapshot=1)
    with duckdb.connect(str(serving_file(settings)), read_only=True) as file:
        found = file.execute(
            "select distinct display_coverage from indicator_values where region_level = 'city'"
        )
        assert found.fetchall() == [(shown,)]


@pytest.mark.parametrize("code", ["ZW1", "PA3_CLOSE_P90"])
def test_a_change_is_the_difference_of_the_two_values_that_are_shown(
    code: str, lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    city = "region_level = 'city' and period_grain = 'month' and indicator_code = ?"
    for month, value in (("2026-04-01", 0.9319), ("2026-05-01", 0.9331), ("2026-06-01", 0.9320)):
        scaled = value if code == "ZW1" else value * 100
        lake.execute(f"update {MART} set value = ? where {city} and period_start = ?", [scaled, code, month])
    publish_leadership(lake, settings, lake_snapshot=1)
    with duckdb.connect(str(serving_file(settings)), read_only=True) as file:
        shown = file.execute(
            f"select display_value, display_change from indicator_values where {city} order by period_start",
            [code],
        ).fetchall()
    values = [value for value, _ in shown]
    changes = [round(after - before, 1) for before, after in itertools.pairwise(values)]
    assert [change for _, change in shown] == [None, *changes]
    assert all(changes)


COUNTIES_IN_ORDER = """
    select region_code, shown_rank from indicator_values
    where region_level = 'county' and period_grain = 'month' and is_latest and indicator_code = ?
    order by rank_order, region_code
"""


@pytest.mark.parametrize(
    ("code", "values"), [("ZW1", (0.9, 0.8, 0.99, 0.7)), ("PA3_CLOSE_P90", (20, 30, 10, 40))]
)
def test_the_best_is_first_and_who_is_not_ranked_is_last_and_says_why(
    code: str, values: tuple[float, ...], lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    cases = (200, 300, 17, 12)
    counties = ("340402", "340403", "340404", "340405", "340406", "340421", "340422")
    for county, value, n in zip(counties, (*values, None, None, None), (*cases, None, None, 0), strict=True):
        lake.execute(
            f"update {MART} set value = ?, numerator = null, denominator = ?, is_rankable = ?, "
            "is_suppressed = ? where indicator_code = ? and region_code = ?",
            [value, n, (n or 0) >= 30, n is None, code, county],
        )
    publish_leadership(lake, settings, lake_snapshot=1)
    with duckdb.connect(str(serving_file(settings)), read_only=True) as file:
        assert file.execute(COUNTIES_IN_ORDER, [code]).fetchall() == [
            ("340402", "1"), ("340403", "2"), ("340404", "不排名（n=17）"), ("340405", "不排名（n=12）"),
            ("340406", "不公布"), ("340421", "不公布"), ("340422", "无数据"),
        ]  # fmt: skip


def test_a_month_without_a_value_keeps_the_indicators_row_and_says_from_when_there_is_one(
    lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    lake.execute(f"delete from {MART} where indicator_code = 'PA4' and period_start < date '2026-06-01'")
    publish_leadership(lake, settings, lake_snapshot=1)
    with duckdb.connect(str(serving_file(settings)), read_only=True) as file:
        rows = file.execute(
            "select period_label, indicator_code, display_value is null, available_since "
            "from indicator_values where region_level = 'city' and period_grain = 'month'"
        ).fetchall()
        indicators = file.execute("select count(*) from dim_indicators").fetchone()[0]
    assert {month: sum(row[0] == month for row in rows) for month in ("2026-04", "2026-05", "2026-06")} == {
        "2026-04": indicators, "2026-05": indicators, "2026-06": indicators,
    }  # fmt: skip
    assert {row[1] for row in rows if row[2]} == {"PA4"}
    assert {row[3] for row in rows if row[1] == "PA4"} == {"2026-06"}
