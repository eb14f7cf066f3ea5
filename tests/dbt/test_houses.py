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
    assert measured["overall"].precision >= 0.99
    assert measured["overall, where the address goes down to the house"].recall >= 0.98
    assert pairwise(judged)[0] >= 0.99
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


def test_every_unlinked_record_is_counted_with_a_reason(judged: duckdb.DuckDBPyConnection) -> None:
    named, linked, counted = judged.execute(
        "select count(*), count(links.house_id),"
        " (select sum(record_count) from lake.core.unmatched_addresses)"
        " from lake.intermediate.int_houses_named as named"
        " left join lake.core.house_links as links using (source_system, source_table, source_record_id)"
        " left join lake.reference.person_sources as sources using (source_system, source_table)"
        " where not named.is_deleted and coalesce(sources.gives_values, true)"
    ).fetchone()
    assert named == linked + counted


def _measured(connection: duckdb.DuckDBPyConnection, link: str) -> dict[str, Measure]:
    return {measure.kind: measure for measure in measures(connection, link)}
