"""Many small files become few; every state of the lake that they answered for stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.contracts import load_contracts
from pipelines.lake.compaction import MergeResult, merge_small_files
from pipelines.lake.connection import current_snapshot, reader, writer
from pipelines.lake.retention import expire_snapshots
from pipelines.settings import Settings

LATER = datetime.now(UTC) + timedelta(days=400)
STREAM, PULLED = "safety_devices__heartbeat", "grid__event"
BATCHES = 12


@pytest.fixture
def home(empty_lake: Settings) -> Settings:
    """A lake in which a stream and a pulled table landed twelve batches each; the stream grew a column."""
    with writer(empty_lake) as connection:
        connection.execute("create schema landing; create schema staging")
        connection.execute("create table landing.batches (batch_id varchar)")
        connection.execute("create table staging.consumed_batches (model varchar, batch_id varchar)")
        for table in (STREAM, PULLED):
            connection.execute(f"create table landing.{table} (sequence bigint, _batch_id varchar)")
        for batch in range(BATCHES):
            _land(connection, empty_lake.home, batch)
    return empty_lake


def _land(connection: duckdb.DuckDBPyConnection, home: Path, batch: int) -> None:
    if batch == BATCHES // 2:
        connection.execute(f"alter table landing.{STREAM} add column battery bigint")
    connection.execute("begin")
    for table in (STREAM, PULLED):
        path = home / "landing" / table / f"{batch}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        more = ", 7::bigint as battery" if table == STREAM and batch >= BATCHES // 2 else ""
        connection.execute(
            f"copy (select range as sequence, '{batch}' as _batch_id{more} from range(100)) to '{path}'"
        )
        connection.execute(
            f"call ducklake_add_data_files('lake', '{table}', '{path}', schema => 'landing', "
            "allow_missing => true)"
        )
    connection.execute("insert into landing.batches values (?)", [str(batch)])
    connection.execute("insert into staging.consumed_batches values ('stg_some', ?)", [str(batch)])
    connection.execute("commit")


def _files(settings: Settings, schema: str, table: str) -> int:
    with reader(settings) as connection:
        query = "select count(*) from ducklake_list_files('lake', ?, schema => ?)"
        return connection.execute(query, [table, schema]).fetchone()[0]


def _content(settings: Settings, snapshot: int | None = None) -> list[tuple]:
    with reader(settings, snapshot=snapshot) as connection:
        return connection.execute(
            f"""
            select
                (select (count(*), count(distinct batch_id)) from landing.batches),
                (select count(*) from staging.consumed_batches),
                (select (count(*), count(distinct _batch_id), sum(sequence)) from landing.{STREAM}),
                (select count(*) from landing.{PULLED})
            """
        ).fetchall()


def test_what_grows_by_batch_is_merged_and_every_state_stays(home: Settings) -> None:
    contracts = load_contracts(home.sources_dir)
    with reader(home) as connection:
        newest = current_snapshot(connection)
    states = {snapshot: _content(home, snapshot) for snapshot in (newest - 5, newest - 1, newest)}
    merged = merge_small_files(home, contracts)
    # Two tables of notes become a file each; a stream's files of before and after the new column one each.
    assert merged == MergeResult(3 * BATCHES, 4)
    assert _files(home, "landing", "batches") == _files(home, "staging", "consumed_batches") == 1
    assert (_files(home, "landing", STREAM), _files(home, "landing", PULLED)) == (2, BATCHES)
    assert {snapshot: _content(home, snapshot) for snapshot in states} == states
    assert _content(home) == states[newest]
    assert merge_small_files(home, contracts) == MergeResult(0, 0)


def test_merged_files_outlive_their_parts_and_landed_files_stay_on_disk(home: Settings) -> None:
    landed = sorted((home.home / "landing").rglob("*.parquet"))
    before = _content(home)
    merge_small_files(home, load_contracts(home.sources_dir))
    expired = expire_snapshots(home, [], [], now=LATER, dry_run=False)
    assert expired.files == 2 * BATCHES
    assert _content(home) == before
    assert sorted((home.home / "landing").rglob("*.parquet")) == landed
    with writer(home) as connection:
        _land(connection, home.home, BATCHES)
    assert _content(home) == [((13, 13), 13, (1300, 13, 13 * 4950), 1300)]


def test_a_merge_that_is_killed_leaves_the_table_as_it_was(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise SystemExit

    before = _content(home)
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr("pipelines.lake.compaction.sync_new_files", killed)
        merge_small_files(home, load_contracts(home.sources_dir))
    assert _content(home) == before
    assert _files(home, "landing", "batches") == BATCHES
    assert merge_small_files(home, load_contracts(home.sources_dir)).files == 3 * BATCHES
