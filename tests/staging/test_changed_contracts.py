"""A staging table whose contract has changed holds what building it anew would hold."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.contracts import load_contracts
from pipelines.installation.state import embedded_server
from pipelines.lake.connection import reader
from pipelines.lake.register import register_batches
from pipelines.pull import pull_system
from tests.support.registry import SYSTEM, RegistryDatabase, column, contract_document, write_endpoint
from tests.support.small_lake import add_contract, contents, stage

MODEL = "stg_registry__persons"


def document(staging: dict[str, Any] | None = None, **ingest: Any) -> dict[str, Any]:
    made = contract_document()
    table = made["schema"][0]
    table["properties"].insert(4, column("floor", "integer", "integer"))
    table["customProperties"].append(
        {"property": "staging", "value": {"order_by": "update_time", **(staging or {})}}
    )
    if ingest:
        table["customProperties"][0]["value"] = ingest
    return made


def widened(made: dict[str, Any]) -> dict[str, Any]:
    made["schema"][0]["properties"][4]["physicalType"] = "bigint"
    return made


@pytest.fixture(scope="module")
def registry(settings) -> RegistryDatabase:
    database = RegistryDatabase(embedded_server(settings))
    database.create()
    database.run("alter table person add column floor integer")
    database.run(
        "insert into person select 'P' || i, '　人' || i, '1', null, '2026-06-01', false, 7 "
        "from generate_series(1, 3) i"
    )
    write_endpoint(settings, **database.endpoint())
    return database


def follow(settings, made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Pull and stage under a contract, and compare with building everything anew."""
    add_contract(settings, made)
    load_contracts.cache_clear()
    (outcome,) = pull_system(settings, SYSTEM)
    assert outcome.status == "landed", outcome.message
    register_batches(settings)
    stage(settings)
    built = contents(settings)[MODEL]
    stage(settings, "--full-refresh")
    assert built == contents(settings)[MODEL]
    return {row["person_no"]: row for row in built}


def test_rows_staged_before_follow_a_changed_contract(settings, registry) -> None:
    assert follow(settings, document())["P1"]["name"] == "　人1"
    registry.run("update person set update_time = '2026-06-02' where person_no = 'P2'")
    cleaned = follow(settings, document({"texts": ["name"]}))
    assert {row["name"] for row in cleaned.values()} == {"人1", "人2", "人3"}
    registry.run("alter table person alter column floor type bigint")
    registry.run("update person set floor = 5000000000, update_time = '2026-06-03' where person_no = 'P3'")
    assert follow(settings, widened(document()))["P3"]["floor"] == 5_000_000_000
    registry.run("delete from person where person_no = 'P1'")
    whole = follow(settings, widened(document(mode="full", deleted_flag="is_deleted")))
    assert {number: row["is_deleted"] for number, row in whole.items()} == {
        "P1": True,
        "P2": False,
        "P3": False,
    }


def test_a_table_is_not_built_anew_for_a_label(settings, registry) -> None:
    made = widened(document(mode="full", deleted_flag="is_deleted"))
    made["schema"][0]["businessName"] = "人员"
    made["team"]["name"] = "测试局"
    before = _table_id(settings)
    registry.add(4, 4)
    add_contract(settings, made)
    load_contracts.cache_clear()
    pull_system(settings, SYSTEM)
    register_batches(settings)
    stage(settings)
    assert _table_id(settings) == before
    assert len(contents(settings)[MODEL]) == 4


def _table_id(settings) -> int:
    with reader(settings) as lake:
        query = "select table_id from ducklake_table_info('lake') where table_name = ?"
        return lake.execute(query, [MODEL]).fetchone()[0]
