"""Every record of the small city that means a house is linked to that house."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from benchmarks.houses.truth import Measure, judge, measures, pairwise
from pipelines.lake.connection import writer
from pipelines.settings import Settings


@pytest.fixture(scope="module")
def judged(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with writer(warehouse) as connection:
        judge(connection, warehouse.truth)
        yield connection


def test_links_lead_to_the_true_houses(judged: duckdb.DuckDBPyConnection) -> None:
    measured = _measured(judged, "linked")
    assert min(measured["overall"].precision, pairwise(judged)[0]) >= 0.99
    assert min(measured["overall"].recall, pairwise(judged)[1]) >= 0.98
    assert measured["overall, where the address goes down to the house"].recall >= 0.98
    assert {kind for kind, measure in measured.items() if measure.precision < 0.97} == set()


def test_addresses_alone_mean_the_true_houses(judged: duckdb.DuckDBPyConnection) -> None:
    """Whatever the writing: only what is missing or another house's cannot be made good."""
    measured = _measured(judged, "addressed")
    for kind in ("address_variant", "address_old", "house_building_variant", "house_unit_variant"):
        assert measured[kind].recall >= 0.9, kind
    assert {kind for kind, measure in measured.items() if measure.precision < 0.9} <= {"self_built_repeat"}


def test_records_of_health_relief_and_the_party_are_not_listed(judged: duckdb.DuckDBPyConnection) -> None:
    withheld = "from lake.reference.person_sources where not gives_values"
    for listed in ("house_links", "unmatched_addresses"):
        assert judged.execute(
            f"select count(*) from lake.core.{listed} "
            f"where (source_system, source_table) in (select (source_system, source_table) {withheld})"
        ).fetchone() == (0,)
    assert judged.execute(f"select count(*) > 0 {withheld}").fetchone() == (True,)


def test_linked_unmatched_and_withheld_are_all_records(judged: duckdb.DuckDBPyConnection) -> None:
    named, linked, unmatched, withheld = judged.execute(
        "select count(*), count(links.house_id),"
        " (select sum(record_count) from lake.core.unmatched_addresses),"
        " (select sum(record_count) from lake.quality.withheld_records where entity = 'house')"
        " from lake.intermediate.int_houses_named as named"
        " left join lake.core.house_links as links using (source_system, source_table, source_record_id)"
        " where not named.is_deleted"
    ).fetchone()
    assert named == linked + unmatched + withheld
    assert min(linked, unmatched, withheld) > 0


def test_withheld_records_are_counted_without_saying_whose(judged: duckdb.DuckDBPyConnection) -> None:
    columns = judged.execute("describe lake.quality.withheld_records").fetchall()
    assert {name for name, *_ in columns} == {
        "entity", "source_system", "source_table", "withheld_reason_code", "owner_code", "reason_code",
        "record_count",
    }  # fmt: skip
    reasons = judged.execute(
        "select source_system, list(distinct reason_code) from lake.quality.withheld_records"
        " where entity = 'house' group by source_system"
    ).fetchall()
    assert {system for system, _ in reasons} == {"health", "civil_affairs", "party"}
    assert all("LINKED" in found and len(found) > 1 for _, found in reasons)
    persons = judged.execute(
        "select sum(record_count) = (select count(*) from lake.sensitive.sensitive_person_links)"
        " from lake.quality.withheld_records where entity = 'person'"
    ).fetchone()
    assert persons == (True,)


def _measured(connection: duckdb.DuckDBPyConnection, link: str) -> dict[str, Measure]:
    return {measure.kind: measure for measure in measures(connection, link)}
