"""Staging read in increments holds the same rows as staging read at once."""

from __future__ import annotations

import pytest

from benchmarks.landed_city import land
from pipelines.contracts import load_contracts
from pipelines.lake.connection import reader
from pipelines.lake.dbt import run_dbt
from pipelines.settings import Settings

LOAD_COLUMNS = ["_batch_id", "_landed_at"]


def _contents(city: Settings) -> dict[str, tuple[int, int]]:
    with reader(city) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'lake' and schema_name = 'staging' "
            "and table_name like 'stg_%' order by 1"
        ).fetchall()
        return {
            table: connection.execute(
                "select count(*), bit_xor(hash(rows)) "
                f"from (select columns(name -> name not in $load_columns) from staging.{table}) as rows",
                {"load_columns": LOAD_COLUMNS},
            ).fetchone()
            for (table,) in tables
        }


@pytest.fixture(scope="module")
def incremental(city: Settings) -> dict[str, tuple[int, int]]:
    return _contents(city)


def test_increments_equal_a_full_refresh(city, incremental):
    run_dbt(city, ["run", "--select", "staging", "--full-refresh"])
    assert _contents(city) == incremental
    assert sum(not table.endswith("_versions") for table in incremental) == sum(
        len(contract.tables) for contract in load_contracts(city.sources_dir).values()
    )


def test_a_run_without_new_batches_changes_nothing(city, incremental):
    run_dbt(city, ["run", "--select", "staging"])
    assert _contents(city) == incremental


def test_a_batch_registered_late_is_not_overlooked(city, incremental):
    """Its messages count as further copies; its records are what is staged already.

    A version may begin earlier by it, so tables of versions are left out.
    """
    land(
        city, condition="hash(_source_record_id) % 97 = 0", batch="0-late", landed_at="now() - interval 1 day"
    )
    run_dbt(city, ["run", "--select", "staging"])
    contents = _contents(city)
    assert contents["stg_safety_devices__heartbeats"] != incremental["stg_safety_devices__heartbeats"]
    changed = {table for table in incremental if contents[table] != incremental[table]}
    assert {
        table
        for table in changed
        if not table.startswith("stg_safety_devices") and not table.endswith("_versions")
    } == set()
