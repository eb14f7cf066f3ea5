"""What a batch holds decides what its absence means; increments and a full refresh agree on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.registry import column, contract_document
from tests.support.small_lake import add_contract, contents, create_tables, hold_back, land, stage, staged

TEXT = {"ingest": {"mode": "full"}}


def _table(name: str, properties: list[dict[str, Any]], **extra: Any) -> dict[str, Any]:
    return {
        "name": name, "logicalType": "object", "businessName": name, "properties": properties,
        "customProperties": [{"property": key, "value": value} for key, value in extra.items()],
    }  # fmt: skip


def _document() -> dict[str, Any]:
    key = {"primaryKey": True, "primaryKeyPosition": 1, "required": True}
    two = [column("number", **key), column("name")]
    when = column("changed_at", "timestamp", "timestamptz", required=True)
    gone = column("gone", "boolean", "boolean", required=True)
    changes = {"mode": "incremental", "cursor": "changed_at", "deleted_flag": "gone"}
    month = column("month", primaryKey=True, primaryKeyPosition=2, required=True)
    return contract_document() | {
        "schema": [
            _table("member", two, ingest={"mode": "full"}),
            _table("marked", [*two, gone], ingest={"mode": "full", "deleted_flag": "gone"}),
            _table("roll", [*two, month], ingest={"mode": "full"}),
            _table("visit", [*two, when, gone], ingest=changes, staging={"order_by": "changed_at"}),
        ]
    }  # fmt: skip


@pytest.fixture(scope="module")
def contract(settings):
    built = add_contract(settings, _document())
    sources = settings.dbt_project / "models/staging/registry/_registry__sources.yml"
    before, after = sources.read_text().split("table: roll", 1)
    sources.write_text(f"{before}table: roll{after.replace('content: full', 'content: period', 1)}")
    create_tables(settings)
    return built


def _agrees_with_full_refresh(settings) -> None:
    incremental = contents(settings)
    stage(settings)
    assert contents(settings) == incremental, "a run without new batches changes nothing"
    stage(settings, "--full-refresh")
    assert contents(settings) == incremental


def _members(settings, model: str = "stg_registry__members") -> dict[str, tuple]:
    return {row[0]: row[1:] for row in staged(settings, model, "number, name, is_deleted")}


def test_a_record_missing_from_the_newest_full_batch_is_deleted_and_comes_back(settings, contract) -> None:
    land(settings, contract, "member", [{"number": "A", "name": "甲"}, {"number": "B", "name": "乙"}], 1)
    stage(settings)
    land(settings, contract, "member", [{"number": "A", "name": "甲改"}], 2)
    stage(settings)
    assert _members(settings) == {"A": ("甲改", False), "B": ("乙", True)}
    _agrees_with_full_refresh(settings)
    land(settings, contract, "member", [{"number": "B", "name": "乙"}], 4)
    stage(settings)
    assert _members(settings) == {"A": ("甲改", True), "B": ("乙", False)}
    # Registered late: an older batch must not bring back what a newer one no longer has.
    land(settings, contract, "member", [{"number": "A", "name": "甲旧"}, {"number": "C", "name": "丙"}], 3)
    stage(settings)
    assert _members(settings) == {"A": ("甲旧", True), "B": ("乙", False), "C": ("丙", True)}
    _agrees_with_full_refresh(settings)


def test_a_record_that_waits_in_quarantine_is_not_deleted(settings, contract) -> None:
    batch = land(settings, contract, "member", [{"number": "A", "name": "甲"}], 5)
    hold_back(settings, contract, "member", "B", batch)
    stage(settings)
    assert _members(settings)["B"] == ("乙", False)
    _agrees_with_full_refresh(settings)
    land(settings, contract, "member", [{"number": "A", "name": "甲"}], 6)
    stage(settings)
    assert _members(settings)["B"] == ("乙", True)
    _agrees_with_full_refresh(settings)


def test_the_mark_of_deletion_counts_beside_absence(settings, contract) -> None:
    rows = [{"number": "A", "name": "甲", "gone": True}, {"number": "B", "name": "乙", "gone": False}]
    land(settings, contract, "marked", rows, 1)
    stage(settings)
    land(settings, contract, "marked", [{"number": "C", "name": "丙", "gone": False}], 2)
    stage(settings)
    found = _members(settings, "stg_registry__markeds")
    assert found == {"A": ("甲", True), "B": ("乙", True), "C": ("丙", False)}
    _agrees_with_full_refresh(settings)


def test_a_restated_period_replaces_that_period_alone(settings, contract) -> None:
    may = [{"number": n, "name": n, "month": "5"} for n in "AB"]
    june = [{"number": n, "name": n, "month": "6"} for n in "AB"]
    land(settings, contract, "roll", may, 1, period="2026-05", sequence=1)
    stage(settings)
    land(settings, contract, "roll", june, 2, period="2026-06", sequence=2)
    land(settings, contract, "roll", may[:1], 3, period="2026-05", sequence=3)
    stage(settings)
    rows = staged(settings, "stg_registry__rolls", "_source_record_id, is_deleted")
    assert rows == [("A|5", False), ("A|6", False), ("B|5", True), ("B|6", False)]
    _agrees_with_full_refresh(settings)


def test_changes_keep_the_newest_version_whatever_the_order_of_batches(settings, contract) -> None:
    def version(day: int, name: str, gone: bool = False) -> dict[str, Any]:
        return {"number": "A", "name": name, "changed_at": f"2026-06-{day:02} 08:00:00+08", "gone": gone}

    land(settings, contract, "visit", [version(1, "一"), version(3, "三")], 1)
    stage(settings)
    land(settings, contract, "visit", [version(2, "二")], 2)
    stage(settings)
    assert staged(settings, "stg_registry__visits", "name, is_deleted") == [("三", False)]
    land(settings, contract, "visit", [version(3, "三改", gone=True)], 3)
    stage(settings)
    assert staged(settings, "stg_registry__visits", "name, is_deleted") == [("三改", True)]
    _agrees_with_full_refresh(settings)


def test_a_record_twice_in_one_file_is_counted(settings, contract) -> None:
    land(settings, contract, "member", [{"number": "Z", "name": name} for name in ("子", "丑")], 9)
    stage(settings)
    (row,) = [row for row in staged(settings, "stg_registry__members", "number, _findings") if row[0] == "Z"]
    assert row[1] == ["record|record_repeated|repaired|staging.record_repeated"]
    _agrees_with_full_refresh(settings)
