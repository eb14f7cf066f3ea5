"""Pulling from a database: what lands, what is quarantined, and what survives kills and full disks."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.contracts import load_contracts
from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader
from pipelines.lake.reconcile import reconcile
from pipelines.lake.register import register_batches
from pipelines.pull import pull_system
from tests.support.registry import (
    SYSTEM,
    TABLE,
    contract_document,
    landed_rows,
    release_rows,
    write_contract,
    write_endpoint,
)


def pull(settings, **options):
    (outcome,) = pull_system(settings, SYSTEM, **options)
    return outcome


def cursor(settings) -> str | None:
    with connect_state(settings) as state:
        row = state.execute("select cursor_value from ops.cursors").fetchone()
    return row and row[0]


def test_a_second_pull_lands_nothing(settings, registry) -> None:
    registry.add(1, 50)
    first, second = pull(settings), pull(settings)
    assert (first.status, first.rows_read, first.rows_landed) == ("landed", 50, 50)
    assert (second.status, second.rows_read, second.rows_repeated) == ("unchanged", 0, 50)
    assert len(landed_rows(settings.home)) == 50


def test_corrections_and_deletions_arrive_as_new_versions(settings, registry) -> None:
    registry.add(1, 3)
    pull(settings)
    registry.run("update person set name = '改', update_time = '2026-06-02' where person_no = 'P1'")
    registry.run("update person set is_deleted = true, update_time = '2026-06-02' where person_no = 'P2'")
    outcome = pull(settings)
    assert outcome.rows_landed == 2
    rows = landed_rows(settings.home)
    assert len(rows) == 5
    assert [row[3] for row in rows if row[0] == "P2"] == [False, True]


def test_a_row_that_commits_late_inside_the_lookback_is_not_missed(settings, registry) -> None:
    registry.add(100, 110)
    pull(settings)
    registry.add(1, 2)
    assert pull(settings).rows_landed == 2


def test_a_period_is_read_again_without_harm(settings, registry) -> None:
    registry.add(1, 5)
    pull(settings)
    before = cursor(settings)
    registry.run("update person set name = '补录' where person_no = 'P3'")
    period = (date(2026, 6, 1), date(2026, 6, 1))
    again, nothing = pull(settings, period=period), pull(settings, period=period)
    assert (again.rows_landed, again.rows_repeated) == (1, 4)
    assert (nothing.status, nothing.rows_repeated) == ("unchanged", 5)
    assert cursor(settings) == before


def test_bad_rows_go_to_quarantine_and_every_row_is_accounted_for(settings, registry) -> None:
    registry.add(1, 7)
    registry.add(8, 9, sex_code="X")
    registry.run("update person set name = null where person_no = 'P7'")
    registry.run("update person set birth_date = '2030-01-01' where person_no = 'P1'")
    outcome = pull(settings)
    assert (outcome.rows_read, outcome.rows_landed, outcome.rows_quarantined) == (9, 6, 3)
    register_batches(settings)
    with reader(settings) as lake:
        reasons = lake.execute(
            "select source_record_id, rule_code, status from quality.quarantine order by all"
        ).fetchall()
        flagged = lake.execute(
            "select source_record_id, finding, column_name "
            "from quality.door_findings where action = 'flagged'"
        ).fetchall()
    assert reasons == [
        ("P7", "required.name", "open"),
        ("P8", "enum.sex_code", "open"),
        ("P9", "enum.sex_code", "open"),
    ]
    assert flagged == [("P1", "birth_in_future", "birth_date")]
    (table,) = reconcile(settings)
    assert table.problems == () and table.rows_read == 9
    assert pull(settings).status == "unchanged"


def test_an_owner_releases_a_corrected_row(settings, registry) -> None:
    registry.add(1, 2)
    registry.add(3, 4, sex_code="X")
    pull(settings)
    register_batches(settings)
    with reader(settings) as lake:
        hashes = [value for (value,) in lake.execute("select row_hash from quality.quarantine").fetchall()]
    still_bad = release_rows(settings, hashes)
    good = release_rows(settings, hashes, sex_code="2")
    again = release_rows(settings, hashes, sex_code="2")
    assert (still_bad.rows_released, still_bad.rows_kept) == (0, 2)
    assert (good.rows_released, good.rows_kept, again.rows_released) == (2, 0, 0)
    with reader(settings) as lake:
        landed = lake.execute(
            "select person_no, sex_code from landing.registry__person order by 1"
        ).fetchall()
        left = lake.execute("select count(*) from quality.quarantine where status = 'open'").fetchone()
    assert landed == [("P1", "1"), ("P2", "1"), ("P3", "2"), ("P4", "2")]
    assert left == (0,)
    assert reconcile(settings)[0].problems == ()


def test_an_unreadable_file_is_named_and_the_other_tables_are_counted(settings, registry) -> None:
    registry.add(1, 4)
    pull(settings)
    register_batches(settings)
    (file,) = (settings.landing / SYSTEM / TABLE).glob("*.parquet")
    file.write_bytes(file.read_bytes()[:-8])
    other = {**contract_document(), "id": "other"}
    other["customProperties"] = [
        {"property": "system", "value": "other"} if entry["property"] == "system" else entry
        for entry in other["customProperties"]
    ]
    folder = settings.sources_dir / "other"
    folder.mkdir()
    (folder / "contract.yaml").write_text(yaml.safe_dump(other, allow_unicode=True))
    load_contracts.cache_clear()
    register_batches(settings)
    broken, whole = sorted(reconcile(settings), key=lambda counted: counted.problems == ())
    assert (
        broken.system == SYSTEM and "cannot be read" in broken.problems[0] and file.name in broken.problems[0]
    )
    assert (whole.system, whole.problems) == ("other", ())


def test_the_rows_of_a_retired_system_are_still_counted(settings, registry) -> None:
    registry.add(1, 4)
    pull(settings)
    register_batches(settings)
    (settings.sources_dir / SYSTEM / "contract.yaml").unlink()
    load_contracts.cache_clear()
    (counted,) = reconcile(settings)
    assert (counted.system, counted.rows_read, counted.rows_in_lake, counted.problems) == (SYSTEM, 4, 4, ())


def test_batches_are_registered_exactly_once_even_if_the_mark_is_lost(settings, registry) -> None:
    registry.add(1, 4)
    pull(settings)
    assert register_batches(settings).rows == 4
    with connect_state(settings) as state:
        state.execute("update ops.batches set registered_at = null")
    assert register_batches(settings).rows == 0
    with reader(settings) as lake:
        assert lake.execute("select count(*) from landing.registry__person").fetchone() == (4,)


def test_a_source_that_is_down_says_so_and_a_later_pull_catches_up(settings, registry) -> None:
    registry.add(1, 3)
    write_endpoint(settings, **registry.endpoint() | {"url": "postgresql://127.0.0.1:1/registry"})
    outcome = pull(settings)
    assert (outcome.status, outcome.error_type) == ("failed", "SourceUnreachableError")
    assert "does not answer" in outcome.message and "pull again" in outcome.message
    assert cursor(settings) is None
    write_endpoint(settings, **registry.endpoint())
    assert pull(settings).rows_landed == 3
    with connect_state(settings) as state:
        kept = state.execute("select status from ops.run_outcomes order by outcome_id").fetchall()
    assert kept == [("failed",), ("landed",)]


def test_a_wrong_password_is_refused_without_being_printed(settings, registry) -> None:
    write_endpoint(settings, **registry.endpoint() | {"password": "not-the-password"})
    outcome = pull(settings)
    assert outcome.error_type == "SourceRefusedError"
    assert "not-the-password" not in outcome.message


def test_a_full_disk_keeps_nothing_and_the_next_pull_catches_up(settings, registry) -> None:
    registry.add(1, 20_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        outcome = pull(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert outcome.error_type == "StorageFullError"
    assert "Make room" in outcome.message
    assert [path for path in (settings.home / "landing").rglob("*") if path.is_file()] == []
    assert cursor(settings) is None
    assert pull(settings).rows_landed == 20_000


def test_a_lost_batch_file_is_missed_at_registration(settings, registry) -> None:
    registry.add(1, 2)
    pull(settings)
    for path in (settings.home / "landing").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(FileNotFoundError, match="gone"):
        register_batches(settings)


CHILD = """
import sys
from pathlib import Path
from pipelines.lake.register import register_batches
from pipelines.pull import pull_system
from pipelines.settings import Settings
home, sources, address = sys.argv[1:]
settings = Settings(home=Path(home), sources_dir=Path(sources), threads=1, database_url=address)
print("ready", flush=True)
for _ in range(3):
    pull_system(settings, "registry")
    register_batches(settings)
"""


def test_kills_at_random_points_leave_the_same_rows(settings, registry) -> None:
    registry.add(1, 3_000)
    chance = random.Random(7)
    command = [
        sys.executable,
        "-c",
        CHILD,
        str(settings.home),
        str(settings.sources_dir),
        settings.database_url,
    ]
    for turn in range(5):
        registry.add(3_001 + turn, 3_001 + turn, day="2026-06-10")
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
        )
        child.stdout.readline()
        time.sleep(chance.uniform(0.02, 1.5))
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert pull(settings).status != "failed"
    register_batches(settings)
    with reader(settings) as lake:
        rows = lake.execute(
            "select count(*), count(distinct _source_record_id), count(distinct _batch_id) "
            "from landing.registry__person"
        ).fetchone()
        batches = lake.execute("select count(*), count(distinct batch_id) from landing.batches").fetchone()
    assert rows[:2] == (3_005, 3_005)
    assert batches[0] == batches[1] == rows[2]
    assert reconcile(settings)[0].problems == ()
    on_disk = {path.stem for path in (settings.home / "landing").rglob("*.parquet")}
    with connect_state(settings) as state:
        assert on_disk == {name for (name,) in state.execute("select batch_id from ops.batches").fetchall()}


def test_landed_rows_carry_their_origin(settings, registry) -> None:
    registry.add(1, 1)
    batch = pull(settings).batch_id
    (row,) = duckdb.sql(
        f"select _batch_id, _source_system, _source_record_id from '{settings.home}/landing/*/*/*.parquet'"
    ).fetchall()
    assert row == (batch, SYSTEM, "P1")


def test_a_table_read_whole_that_is_again_as_it_once_was_is_a_new_batch(settings, registry) -> None:
    document = contract_document()
    ingest = document["schema"][0]["customProperties"][0]["value"]
    for name in ("cursor", "lookback"):
        ingest.pop(name)
    ingest["mode"] = "full"
    write_contract(settings, document)
    load_contracts.cache_clear()
    landed = []
    for change in (
        f"insert into {TABLE} values ('P1', '甲', '1', null, now(), false)",
        f"update {TABLE} set name = '乙', update_time = '2026-06-01'",
        f"update {TABLE} set name = '丙'",
        f"update {TABLE} set name = '乙'",
        "select 1",
    ):
        registry.run(change)
        landed += [outcome.batch_id for outcome in pull_system(settings, SYSTEM)]
    assert len(set(landed)) == 4 and landed[-1] == landed[-2] == f"{landed[1]}-v2"
    with connect_state(settings) as state:
        rows = state.execute("select batch_id, content from ops.batches order by sequence").fetchall()
    assert rows == [(name, "full") for name in landed[:4]]
