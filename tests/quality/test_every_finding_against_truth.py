"""Every planted fault that a rule can see is found, and nothing else, on a seed that no rule was tuned on."""

from __future__ import annotations

from importlib import import_module

import pyarrow.parquet as pq
import pytest

from benchmarks.findings import Measured, beyond_rules, measure
from pipelines.lake.connection import reader
from pipelines.settings import Settings
from simulator import SYSTEMS

LEAST_RECALL, LEAST_PRECISION = 0.98, 0.99
ALWAYS_ALLOWED = 1
"""Records of one type in one table that may go wrong: of ten planted, one is a tenth."""
ENOUGH_TO_FIND_ONE = 5
RATES = {
    (system, table, kind): least
    for system in SYSTEMS
    for table, rates in getattr(import_module(f"simulator.sources.{system}"), "RATES", {}).items()
    for kind, least in rates.items()
}


@pytest.fixture(scope="module")
def measured(taken_in_city: Settings) -> list[Measured]:
    with reader(taken_in_city) as connection:
        return measure(connection, taken_in_city.truth)


@pytest.fixture(scope="module")
def by_rule(measured) -> list[Measured]:
    return [row for row in measured if row.is_by_rule]


def test_what_rules_can_see_is_found(by_rule):
    short = [
        f"{row.system}.{row.table} {row.kind}: {row.detected} of {row.detectable}"
        for row in by_rule
        if row.missed > max(ALWAYS_ALLOWED, (1 - LEAST_RECALL) * row.detectable)
    ]
    assert not short
    assert sum(row.detected for row in by_rule) >= LEAST_RECALL * sum(row.detectable for row in by_rule)


def test_what_rules_find_is_there(by_rule):
    wrong = [
        f"{row.system}.{row.table} {row.kind}: only {row.right} of {row.found}"
        for row in by_rule
        if row.false > max(ALWAYS_ALLOWED, (1 - LEAST_PRECISION) * row.found)
    ]
    assert not wrong
    assert sum(row.right for row in by_rule) >= LEAST_PRECISION * sum(row.found for row in by_rule)


def test_every_type_of_every_system_is_planted_and_has_a_name(measured, taken_in_city):
    planted = {(row.system, row.table, row.kind) for row in measured if row.planted}
    assert not sorted(_expected(taken_in_city) - planted)
    assert not [(row.system, row.kind) for row in measured if row.label is None]


def test_every_finding_has_a_label(taken_in_city):
    with reader(taken_in_city) as connection:
        without = connection.execute(
            "select distinct finding from quality.findings anti join reference.finding_types using (finding)"
        ).fetchall()
    assert without == []


def _expected(city: Settings) -> set[tuple[str, str, str]]:
    """What is planted at least once by its rate; of a rare name a table of twenty may have none."""
    sources = city.home / "simulator"
    rows = {
        (system, table): pq.read_metadata(sources / system / f"{table}.parquet").num_rows
        for system, table, _ in RATES
    }
    return {
        (system, table, kind)
        for (system, table, kind), least in RATES.items()
        if int(least / 100 * rows[system, table]) > 0
    }


def test_what_is_called_undetectable_is_planted_and_says_why():
    assert not sorted(set(beyond_rules()) - set(RATES))
    assert all(reason for reason in beyond_rules().values())


def test_what_is_never_found_is_called_undetectable(measured):
    never = {
        (row.system, row.table, row.kind)
        for row in measured
        if row.planted >= ENOUGH_TO_FIND_ONE and row.detectable and not row.right
    }
    assert not sorted(never - set(beyond_rules()))


def test_nothing_of_a_system_is_only_inferred(by_rule):
    """A system whose faults were all called undetectable or a matter of likeness would pass unseen."""
    assert {row.system for row in by_rule if row.detected} == set(SYSTEMS)
