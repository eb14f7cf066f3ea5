"""Incidents and organizations of a fresh city against what the simulator knows to be true."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from benchmarks.events import LINKS as EVENTS
from benchmarks.linked_pairs import OVERALL, Agreement, compare
from benchmarks.organizations import LINKS as ORGANIZATIONS
from pipelines.lake.connection import reader
from pipelines.settings import Settings


@pytest.fixture
def lake(taken_in_city: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with reader(taken_in_city) as connection:
        yield connection


def test_incidents_agree_with_the_truth(lake: duckdb.DuckDBPyConnection, taken_in_city: Settings) -> None:
    agreements = {found.kind: found for found in compare(lake, taken_in_city.truth, EVENTS)}
    told = [found for kind, found in agreements.items() if kind != OVERALL and "mediation" not in kind]
    assert _precision(told) >= 0.98
    assert _recall(told) >= 0.95
    assert agreements[OVERALL].precision >= 0.98


def test_a_request_for_mediation_joins_no_wrong_dispute(
    lake: duckdb.DuckDBPyConnection, taken_in_city: Settings
) -> None:
    asked = [found for found in compare(lake, taken_in_city.truth, EVENTS) if "mediation" in found.kind]
    assert sum(found.joined_pairs for found in asked) > 10
    assert _precision(asked) >= 0.98


def test_organizations_agree_with_the_truth(lake: duckdb.DuckDBPyConnection, taken_in_city: Settings) -> None:
    overall = compare(lake, taken_in_city.truth, ORGANIZATIONS)[0]
    assert overall.true_pairs > 300
    assert overall.precision >= 0.995
    assert overall.recall >= 0.98


def test_every_event_has_one_first_report(lake: duckdb.DuckDBPyConnection) -> None:
    (odd,) = lake.execute(
        "select count(*) from (select event_id from core.fct_event_reports group by event_id"
        " having count(*) filter (is_first_report) <> 1)"
    ).fetchone()
    assert odd == 0


def _precision(agreements: list[Agreement]) -> float:
    joined = sum(found.joined_pairs for found in agreements)
    return sum(found.precision * found.joined_pairs for found in agreements) / joined


def _recall(agreements: list[Agreement]) -> float:
    same = sum(found.true_pairs for found in agreements)
    return sum(found.recall * found.true_pairs for found in agreements) / same
