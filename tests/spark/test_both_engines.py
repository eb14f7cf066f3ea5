"""Every core table that Spark builds holds the lake's rows, and the rows are some."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import duckdb
import pytest

from pipelines.lake.connection import reader
from pipelines.lake.spark import spark_table
from pipelines.settings import PROJECT_ROOT, Settings
from pipelines.spark_build import resolve_on_spark

# Building the city twice takes minutes, and is counted to the first test.
pytestmark = [pytest.mark.spark, pytest.mark.timeout(3600)]
# Java and C add and take roots in their own order; nothing else may differ.
RELATIVE_TOLERANCE = 1e-9
SHOWN_ROWS = 3
FLOATS = {"DOUBLE", "FLOAT"}
CORE_TABLES = sorted(
    file.stem
    for file in (PROJECT_ROOT / "dbt_project" / "models" / "core").glob("*.sql")
    if '"ephemeral"' not in file.read_text()
)


@pytest.mark.parametrize("table", CORE_TABLES)
def test_both_engines_build_the_same_rows(city: Settings, table: str) -> None:
    with reader(city) as connection:
        types = _columns(connection, f"core.{table}")
        built = spark_table(city, "core", table)
        assert set(_columns(connection, built)) == set(types)
        lake, spark = (_rows(connection, relation, types) for relation in (f"core.{table}", built))
    assert _exact(lake) - _exact(spark) == Counter(), "rows of the lake that Spark lacks"
    assert _exact(spark) - _exact(lake) == Counter(), "rows of Spark that the lake lacks"
    assert _apart(lake, spark) == []


def test_there_is_a_city_to_compare(city: Settings) -> None:
    with reader(city) as connection:
        persons, houses, events = (
            connection.execute(f"select count(*) from {spark_table(city, 'core', table)}").fetchone()[0]
            for table in ("dim_persons", "dim_houses", "fct_events")
        )
    assert persons > 1000
    assert houses > 500
    assert events > 50


def test_identity_reads_the_same_evidence(city: Settings) -> None:
    """The core tables hold who is who; this is why."""
    with reader(city) as connection:
        connection.execute(f"attach '{city.spark_home / 'identity.duckdb'}' as spark (read_only)")
        for table in ("person_evidence", "person_review"):
            lake, spark = (f"(from {engine}.identity.{table})" for engine in ("lake", "spark"))
            assert connection.execute(f"select count(*) from {lake}").fetchone()[0] > 10
            assert connection.execute(f"from {lake} except from {spark}").fetchall() == []
            assert connection.execute(f"from {spark} except from {lake}").fetchall() == []


def test_a_full_refresh_links_all_persons_again(city: Settings) -> None:
    assert resolve_on_spark(city).kind == "nothing changed"
    assert resolve_on_spark(city, full_refresh=True).kind == "full"


Row = tuple[tuple[Any, ...], tuple[float | None, ...]]


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    described = connection.execute(f"describe from {relation}").fetchall()
    return {name: kind for name, kind, *_ in described}


def _rows(connection: duckdb.DuckDBPyConnection, relation: str, types: dict[str, str]) -> list[Row]:
    """Each row as its exact values and its floating point numbers, in the lake's types, in a fixed order."""
    exact = [name for name, kind in types.items() if kind not in FLOATS]
    floats = [name for name, kind in types.items() if kind in FLOATS]
    columns = ", ".join(f"cast({name} as {types[name]}) as {name}" for name in exact + floats)
    fetched = connection.execute(f"select {columns} from {relation}").fetchall()
    rows = [(row[: len(exact)], row[len(exact) :]) for row in fetched]
    return sorted(rows, key=lambda row: (_order(row[0]), _order(row[1])))


def _order(values: tuple[Any, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, str(value)) for value in values)


def _exact(rows: list[Row]) -> Counter[str]:
    return Counter(str(exact) for exact, _ in rows)


def _apart(lake: list[Row], spark: list[Row]) -> list[tuple[Row, Row]]:
    """The first rows whose numbers lie further apart than the tolerance."""
    pairs = zip(lake, spark, strict=True)
    return [(one, other) for one, other in pairs if not _close(one[1], other[1])][:SHOWN_ROWS]


def _close(numbers: tuple[float | None, ...], others: tuple[float | None, ...]) -> bool:
    return all(
        number == other
        or (
            number is not None
            and other is not None
            and math.isclose(number, other, rel_tol=RELATIVE_TOLERANCE)
        )
        for number, other in zip(numbers, others, strict=True)
    )
