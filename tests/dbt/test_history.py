"""Every core table answers for another day: what was known then, and what of it was valid."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from pipelines.lake.connection import reader
from pipelines.lake.history import (
    names_the_lake,
    narrow_to_day,
    valid_on,
    validity_of_core_tables,
    why_undated,
)
from pipelines.settings import Settings
from tests.dbt.conftest import TODAY

LONG_AGO = date(1900, 1, 1)


def narrowed(warehouse: Settings, day: date, query: str) -> list[tuple]:
    with reader(warehouse) as connection:
        narrow_to_day(connection, day, query)
        return connection.execute(query).fetchall()


def test_every_kept_core_table_says_what_dates_it(manifest: dict) -> None:
    kept = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["schema"] == "core"
        if node["config"]["materialized"] != "ephemeral"
    }
    assert set(validity_of_core_tables()) == kept


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=200), LONG_AGO])
def test_every_core_table_can_be_asked_for_another_day(warehouse: Settings, day: date) -> None:
    counts = "select " + ", ".join(
        f"(select count(*) from core.{table}) <= (select count(*) from lake.core.{table}) as {table}"
        for table in validity_of_core_tables()
    )
    (row,) = narrowed(warehouse, day, counts)
    assert all(row)


def test_a_move_is_seen_from_both_sides(warehouse: Settings) -> None:
    """Whoever moved lives at the former place the day before and no longer on the day itself."""
    moved = "not is_current and valid_from < valid_to"
    with reader(warehouse) as connection:
        person, left, former = connection.execute(
            f"select person_id, valid_to, record_key from core.person_residences where {moved} order by all"
        ).fetchone()
    lived_at = f"select record_key from core.person_residences where person_id = '{person}'"
    assert (former,) in narrowed(warehouse, left - timedelta(days=1), lived_at)
    assert (former,) not in narrowed(warehouse, left, lived_at)


def test_the_dead_are_gone_on_the_day_and_the_unborn_are_not_there(warehouse: Settings) -> None:
    with reader(warehouse) as connection:
        ((dead, died_on),) = connection.execute(
            "select person_id, deceased_on from core.dim_persons where is_deceased order by all limit 1"
        ).fetchall()
    with_links = (
        f"select (select count(*) from core.dim_persons where person_id = '{dead}'),"
        f" (select count(*) from core.person_links where person_id = '{dead}') > 0"
    )
    assert narrowed(warehouse, died_on - timedelta(days=1), with_links) == [(1, True)]
    assert narrowed(warehouse, died_on, with_links) == [(0, False)]
    unborn = "select count(*) from core.dim_persons where birth_date >= date '1990-01-01'"
    assert narrowed(warehouse, date(1989, 12, 31), unborn) == [(0,)]


def test_everybody_who_is_dead_has_a_day_of_it(warehouse: Settings) -> None:
    query = "select count(*) from core.dim_persons where is_deceased <> (deceased_on is not null)"
    with reader(warehouse) as connection:
        assert connection.execute(query).fetchone() == (0,)


def test_a_day_of_devices_is_that_day_alone(warehouse: Settings) -> None:
    with reader(warehouse) as connection:
        (day,) = connection.execute("select max(date_day) from core.fct_device_days").fetchone()
    assert narrowed(warehouse, day, "select distinct date_day from core.fct_device_days") == [(day,)]


def test_tables_outside_of_core_are_as_they_are(warehouse: Settings) -> None:
    query = "select (select count(*) from {0}) = (select count(*) from lake.{0})"
    assert narrowed(warehouse, LONG_AGO, query.format("indicators.fct_indicator_values")) == [(True,)]


def test_what_no_date_narrows_says_why() -> None:
    assert why_undated("dim_regions")
    assert why_undated("dim_persons") is None


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("select * from core.dim_persons", False),
        ("select 'lake.core.x' from core.dim_persons as lake", False),
        ("select * from LAKE.core.dim_persons", True),
        ("with a as (select 1) select * from a where exists (select 1 from lake.core.dim_grids)", True),
    ],
)
def test_the_whole_tables_are_told_from_the_narrowed(query: str, named: bool) -> None:
    with duckdb.connect() as connection:
        assert names_the_lake(connection, query) is named


@pytest.mark.parametrize(
    "name",
    [
        'core."dim_grids"" as select 1; create table memory.main.was_here (a int); --"',
        '"core""; create table memory.main.was_here (a int); --".dim_grids',
    ],
)
def test_what_somebody_types_never_becomes_a_statement(warehouse: Settings, name: str) -> None:
    with reader(warehouse) as connection:
        assert narrow_to_day(connection, TODAY, f"select * from {name}") == []
        (made,) = connection.execute(
            "select count(*) from duckdb_tables() where table_name = 'was_here'"
        ).fetchone()
    assert made == 0


def test_a_table_that_nothing_dates_is_refused() -> None:
    with pytest.raises(LookupError, match="no_such_table"):
        valid_on("no_such_table", TODAY)
