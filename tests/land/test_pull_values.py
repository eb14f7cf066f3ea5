"""Numbers and times that a database may hold and that are easily taken for others."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from pipelines.pull import pull_system
from tests.support.registry import SYSTEM, TABLE, column, contract_document, landed_rows, write_contract


def pull(settings):
    (outcome,) = pull_system(settings, SYSTEM)
    return outcome


@pytest.mark.parametrize(
    ("agreed", "kind", "sent", "landed"),
    [
        ("decimal(20,4)", "numeric", "1234567890123456.7891", "1234567890123456.7891"),
        (
            "decimal(30,2)",
            "numeric(30,2)",
            "1234567890123456789012345678.91",
            "1234567890123456789012345678.91",
        ),
        ("double", "numeric", "1e40", "1e+40"),
        ("double", "double precision", "0.1", "0.1"),
        ("decimal(10,2)", "numeric", "NaN", None),
        ("decimal(10,2)", "numeric(10,2)", "NaN", None),
        ("double", "numeric", "Infinity", None),
        ("double", "double precision", "NaN", None),
    ],
)
@pytest.mark.parametrize("is_later", [False, True])
def test_a_number_lands_as_it_is_or_not_at_all(
    settings, registry, agreed: str, kind: str, sent: str, landed: str | None, is_later: bool
) -> None:
    document = contract_document()
    document["schema"][0]["properties"].append(column("income", "number", agreed))
    write_contract(settings, document)
    registry.run(f"alter table person add column income {kind}")
    if is_later:
        registry.add(1, 1)
        assert pull(settings).rows_landed == 1
    registry.add(2, 2, day="2026-06-03")
    registry.run(f"update person set income = '{sent}' where person_no = 'P2'")
    outcome = pull(settings)
    assert (outcome.rows_landed, outcome.rows_quarantined) == ((1, 0) if landed else (0, 1))
    assert outcome.message == ""
    if landed:
        files = settings.landing / SYSTEM / TABLE / "*.parquet"
        found = duckdb.sql(f"select income::varchar from '{files}' where person_no = 'P2'").fetchall()
        assert found == [(landed,)]


@pytest.mark.parametrize("far", ["2099-01-01", "infinity"])
@pytest.mark.parametrize("kind", ["timestamp", "date"])
def test_a_row_from_the_future_hides_nothing_and_lands_once(settings, registry, far: str, kind: str) -> None:
    if kind == "date":
        document = contract_document()
        document["schema"][0]["properties"][4].update(logicalType="date", physicalType="date")
        write_contract(settings, document)
        registry.run("alter table person alter column update_time type date")
    registry.add(1, 3)
    registry.run(f"update person set update_time = '{far}' where person_no = 'P2'")
    landed = [pull(settings).rows_landed]
    for day in (10, 20, 30):
        registry.add(day, day + 1, day=f"2026-06-{day}")
        landed.append(pull(settings).rows_landed)
    assert landed == [3, 2, 2, 2]
    assert len(landed_rows(settings.home)) == 9


def test_a_source_clock_that_runs_ahead_does_not_make_us_skip_rows(settings, registry) -> None:
    registry.add(1, 2)
    registry.run("update person set update_time = '2099-01-01' where person_no = 'P2'")
    pull(settings)
    registry.add(3, 3, day="2026-06-03")
    assert pull(settings).rows_landed == 1


def test_a_row_without_a_cursor_is_quarantined_whenever_it_comes_and_once(settings, registry) -> None:
    counts = []
    for day in (10, 20, 30):
        registry.add(day, day + 1, day=f"2026-06-{day}")
        registry.run(f"insert into {TABLE} values ('N{day}', '无', '1', '1990-01-01', null, false)")
        outcome = pull(settings)
        counts.append((outcome.rows_landed, outcome.rows_quarantined))
    assert counts == [(2, 1), (2, 1), (2, 1)]
    assert pull(settings).status == "unchanged"
    # A period is what it says: nothing outside of it is read.
    (again,) = pull_system(settings, SYSTEM, period=(date(2026, 6, 10), date(2026, 6, 10)))
    assert (again.status, again.rows_repeated) == ("unchanged", 2)


def test_a_cursor_that_is_text_stops_the_table(settings, registry) -> None:
    registry.add(1, 3)
    assert pull(settings).rows_landed == 3
    registry.run("alter table person alter column update_time type varchar(40)")
    outcome = pull(settings)
    assert (outcome.status, outcome.error_type) == ("failed", "SchemaChangedError")
    assert "update_time" in outcome.message and "ingest mode 'full'" in outcome.message
    assert len(landed_rows(settings.home)) == 3


def test_a_whole_table_that_is_suddenly_empty_deletes_nothing(settings, registry) -> None:
    document = contract_document()
    document["schema"][0]["customProperties"][0]["value"] = {"mode": "full", "deleted_flag": "is_deleted"}
    write_contract(settings, document)
    assert pull(settings).status == "unchanged"
    registry.add(1, 3)
    assert pull(settings).rows_landed == 3
    registry.run("delete from person")
    outcome = pull(settings)
    assert (outcome.status, outcome.error_type) == ("failed", "SourceUnreadableError")
    assert "held 3 rows" in outcome.message and "delete every record" in outcome.message
    registry.add(1, 2)
    assert pull(settings).rows_landed == 2
