"""What becomes of what has landed when its contract changes: nothing is lost, and nothing is there twice."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.contracts import load_contracts
from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader
from pipelines.lake.register import register_batches
from pipelines.pull import pull_system
from tests.support.registry import SYSTEM, column, contract_document, write_contract

DAY = "2026-06-02"


def pull(settings, **options):
    load_contracts.cache_clear()
    (outcome,) = pull_system(settings, SYSTEM, **options)
    return outcome


def landed(settings, columns: str, table: str = "person") -> list[tuple]:
    register_batches(settings)
    with reader(settings) as lake:
        return lake.execute(
            f"select {columns} from landing.{SYSTEM}__{table} order by _landed_at, person_no"
        ).fetchall()


def document_with(changed: str, **more) -> dict:
    """The small contract in which one column says something else as well."""
    document = contract_document()
    next(entry for entry in document["schema"][0]["properties"] if entry["name"] == changed).update(more)
    return document


def number_document(physical: str, logical: str = "integer") -> dict:
    document = contract_document()
    document["schema"][0]["properties"].insert(4, column("floor", logical, physical))
    return document


@pytest.fixture
def numbered(settings, registry):
    """Two people with a whole number each, landed."""
    registry.run("alter table person add column floor integer")
    registry.add(1, 2)
    registry.run("update person set floor = 7")
    write_contract(settings, number_document("integer"))
    assert pull(settings).rows_landed == 2
    register_batches(settings)
    return registry


def test_a_column_added_to_the_contract_is_pulled_from_then_on_and_read_again_when_asked(
    settings, registry
) -> None:
    registry.run("alter table person add column nickname text")
    registry.add(1, 1, day="2026-05-01")
    registry.add(2, 2)
    registry.run("update person set nickname = '小名' || person_no")
    pull(settings)
    document = contract_document()
    document["schema"][0]["properties"].append(column("nickname"))
    write_contract(settings, document)
    registry.run(f"update person set update_time = '{DAY}' where person_no = 'P2'")
    outcome = pull(settings)
    assert (outcome.status, outcome.rows_landed) == ("landed", 1), outcome.message
    assert "New in the contract: nickname; empty in all rows that landed before" in outcome.message
    assert "New in the contract" not in pull(settings).message
    again = pull(settings, period=(date(2026, 5, 1), date.fromisoformat(DAY)))
    assert again.rows_landed == 1
    assert landed(settings, "person_no, nickname") == [
        ("P1", None), ("P2", None), ("P2", "小名P2"), ("P1", "小名P1"),
    ]  # fmt: skip


def test_a_column_renamed_in_the_contract_is_pulled_and_said_to_be_empty_before(settings, registry) -> None:
    registry.add(1, 2)
    pull(settings)
    write_contract(settings, document_with("name", name="full_name", physicalName="name"))
    registry.run(f"update person set update_time = '{DAY}' where person_no = 'P2'")
    outcome = pull(settings)
    assert outcome.status == "landed" and "New in the contract: full_name" in outcome.message
    assert landed(settings, "person_no, name, full_name")[:2] == [("P1", "人1", None), ("P2", "人2", None)]


@pytest.mark.parametrize(("logical", "physical"), [("string", "varchar(10)"), ("number", "decimal(5,1)")])
def test_another_type_is_refused_before_a_row_is_landed(settings, numbered, logical, physical) -> None:
    numbered.add(3, 3, day=DAY)
    write_contract(settings, number_document(physical, logical))
    outcome = pull(settings)
    assert (outcome.status, outcome.error_type) == ("failed", "ContractChangedError")
    assert "it has landed as INTEGER" in outcome.message and "physicalName: floor" in outcome.message
    register_batches(settings)  # What other systems land is not stopped.
    write_contract(settings, number_document("integer"))
    assert pull(settings).rows_landed == 1
    assert landed(settings, "person_no, floor") == [("P1", 7), ("P2", 7), ("P3", None)]


def test_a_wider_number_stands_beside_what_has_landed_and_so_does_a_narrower_one(settings, numbered) -> None:
    numbered.run("alter table person alter column floor type bigint")
    numbered.add(3, 3, day=DAY)
    numbered.run("update person set floor = 5000000000 where person_no = 'P3'")
    write_contract(settings, number_document("bigint"))
    assert pull(settings).rows_landed == 1
    assert landed(settings, "person_no, floor") == [("P1", 7), ("P2", 7), ("P3", 5_000_000_000)]
    numbered.add(4, 4, day="2026-06-03")
    numbered.run("update person set floor = 3 where person_no = 'P4'")
    write_contract(settings, number_document("smallint"))
    assert pull(settings).rows_landed == 1
    assert landed(settings, "person_no, floor")[-1] == ("P4", 3)


def test_a_changed_key_is_refused_and_a_table_under_another_name_is_read_whole(settings, registry) -> None:
    registry.add(1, 3)
    pull(settings)
    document = document_with("name", primaryKey=True, primaryKeyPosition=2)
    write_contract(settings, document)
    registry.run(f"update person set update_time = '{DAY}' where person_no = 'P2'")
    outcome = pull(settings)
    assert (outcome.status, outcome.error_type) == ("failed", "ContractChangedError")
    assert "key of registry.person is person_no, name" in outcome.message
    assert "give the table another name" in outcome.message
    document["schema"][0]["name"] = "resident"
    write_contract(settings, document)
    assert pull(settings).rows_landed == 3
    assert landed(settings, "_source_record_id", "resident") == [("P1|人1",), ("P2|人2",), ("P3|人3",)]
    with connect_state(settings) as state:
        kept = state.execute("select sum(rows_landed) from ops.batches where table_name = 'person'")
        assert kept.fetchone() == (3,)


def test_a_table_that_is_read_whole_may_change_its_key(settings, registry) -> None:
    document = contract_document()
    document["schema"][0]["customProperties"][0]["value"] = {"mode": "full", "deleted_flag": "is_deleted"}
    write_contract(settings, document)
    registry.add(1, 2)
    pull(settings)
    document["schema"][0]["properties"][1].update(primaryKey=True, primaryKeyPosition=2)
    write_contract(settings, document)
    registry.add(3, 3)
    assert pull(settings).rows_landed == 3


def test_a_batch_that_waits_is_registered_although_its_column_and_its_table_are_in_no_contract_now(
    settings, registry
) -> None:
    registry.add(1, 2)
    pull(settings)
    document = document_with("birth_date", name="born_on", physicalName="birth_date")
    document["schema"][0].pop("quality")
    write_contract(settings, document)
    assert landed(settings, "person_no, birth_date::varchar") == [("P1", "1990-01-01"), ("P2", "1990-01-01")]
    registry.add(3, 3, day=DAY)
    pull(settings)
    document["schema"][0]["name"] = "resident"
    write_contract(settings, document)
    load_contracts.cache_clear()
    assert landed(settings, "person_no, born_on::varchar")[-1] == ("P3", "1990-01-01")


@pytest.mark.parametrize("kind", ["timestamp", "integer"])
def test_another_cursor_reads_the_table_whole_once_because_changes_were_missed_by_the_old_one(
    settings, registry, kind
) -> None:
    physical = {"timestamp": "timestamptz", "integer": "bigint"}[kind]
    document = contract_document()
    document["schema"][0]["properties"].append(column("changed", kind, physical, required=True))
    registry.run(f"alter table person add column changed {physical}")
    registry.add(1, 3)
    changed = {"timestamp": "timestamptz '2026-05-01'", "integer": "7"}[kind]
    registry.run(f"update person set changed = {changed}")
    write_contract(settings, document)
    assert pull(settings).rows_landed == 3
    registry.run("update person set name = '改名' where person_no = 'P1'")
    later = {"timestamp": "timestamptz '2026-05-02'", "integer": "8"}[kind]
    registry.run(f"update person set changed = {later} where person_no = 'P1'; ")
    registry.run("update person set update_time = '2026-05-20'")
    assert pull(settings).rows_landed == 0
    document["schema"][0]["customProperties"][0]["value"].update(cursor="changed", lookback="PT0S")
    write_contract(settings, document)
    assert pull(settings).status == "landed"
    assert ("P1", "改名") in landed(settings, "person_no, name")
    assert pull(settings).status == "unchanged"
