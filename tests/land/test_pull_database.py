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

from data_quality.working_days import add_working_days
from pipelines.contracts import load_contracts
from pipelines.lake.connection import reader
from pipelines.lake.reconcile import reconcile
from pipelines.lake.register import register_batches
from pipelines.lake.release import release
from pipelines.lake.state import connect_state
from pipelines.land.pull import pull_system
from pipelines.source_status import source_status
from pipelines.status import platform_status
from tests.support.registry import (
    SYSTEM,
    TABLE,
    contract_document,
    landed_rows,
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
    still_bad = release(settings, SYSTEM, TABLE, row_hashes=hashes, released_by="王某", reason="来源已核实")
    good = release(
        settings,
        SYSTEM,
        TABLE,
        row_hashes=hashes,
        released_by="王某",
        reason="来源已核实",
        corrections={"sex_code": "2"},
    )
    again = release(
        settings,
        SYSTEM,
        TABLE,
        row_hashes=hashes,
        released_by="王某",
        reason="来源已核实",
        corrections={"sex_code": "2"},
    )
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


def test_a_missing_column_stops_the_table_and_names_the_likely_new_name(settings, registry) -> None:
    registry.add(1, 3)
    registry.run("alter table person rename column name to full_name")
    outcome = pull(settings)
    assert outcome.error_type == "SchemaChangedError"
    assert "'name': missing; probably renamed to 'full_name', which is new" in outcome.message
    assert landed_rows(settings.home) == []
    with connect_state(settings) as state:
        seen = state.execute("select kind, column_name, owner from ops.drift order by kind").fetchall()
    assert seen == [("new", "full_name", "test_department"), ("renamed", "name", "test_department")]
    registry.run("alter table person rename column full_name to name")
    assert pull(settings).rows_landed == 3


def test_a_change_of_the_source_is_a_work_item_until_it_is_gone(settings, registry) -> None:
    def told() -> list[str]:
        return [
            row["what"] for row in platform_status(settings)["problems"] if row["where"] == "registry.person"
        ]

    def open_items() -> list[tuple]:
        with connect_state(settings) as state:
            items = state.execute(
                "select subject, rule_code, owner_department, received_at, due_at "
                "from quality.work_orders where status = 'open' order by rule_code"
            ).fetchall()
        return [(*item, due_at == add_working_days(received_at, 10)) for *item, received_at, due_at in items]

    registry.add(1, 3)
    registry.run("alter table person alter column birth_date type text")
    pull(settings)
    pull(settings)
    retyped = ("source:registry.person", "drift.retyped.birth_date", "测试部门", True)
    assert open_items() == [retyped]
    with connect_state(settings) as state:
        (label,) = state.execute("select label from quality.work_orders where status = 'open'").fetchone()
    assert label.endswith("birth_date（birth_date） 列类型改变：由 DATE 变为 VARCHAR")
    (row,) = source_status(settings)
    assert row["state"] == "fresh" and "birth_date: DATE became VARCHAR" in row["problems"]
    assert told() == ["birth_date: DATE became VARCHAR (quarantine)"]
    registry.add(4, 5, sex_code="9")
    pull(settings)
    assert open_items() == [retyped, (retyped[0], "drift.unknown_code.sex_code", *retyped[2:])]
    registry.run("alter table person alter column birth_date type date using birth_date::date")
    registry.run("update person set sex_code = '1'")
    pull(settings)
    assert open_items() == []
    assert source_status(settings)[0]["problems"] == "" and told() == []


def test_columns_in_another_order_are_said_and_read_by_name(settings, registry) -> None:
    registry.run("alter table person drop column name; alter table person add column name varchar(40)")
    registry.run(
        "insert into person (person_no, name, sex_code, update_time, is_deleted) "
        "values ('P1', '人', '1', '2026-06-01', false)"
    )
    outcome = pull(settings)
    assert outcome.rows_landed == 1 and "columns now come as" in outcome.message
    assert landed_rows(settings.home)[0][:2] == ("P1", "人")


def test_a_new_column_follows_the_policy(settings, registry) -> None:
    registry.run("alter table person add column nickname text")
    registry.run("insert into person values ('P1', '人', '1', null, '2026-06-01', false, '小名')")
    outcome = pull(settings)
    assert outcome.status == "landed" and "'nickname': new column" in outcome.message
    with connect_state(settings) as state:
        assert state.execute("select column_name, kind, policy from ops.drift").fetchall() == [
            ("nickname", "new", "quarantine")
        ]


def test_a_new_column_evolves_into_the_lake_where_the_contract_lets_it(settings, registry) -> None:
    document = contract_document()
    document["customProperties"][1]["value"]["columns"] = "evolve"
    write_contract(settings, document)
    registry.add(1, 1)
    pull(settings)
    register_batches(settings)
    registry.run("alter table person add column nickname text")
    registry.run("insert into person values ('P2', '人', '1', null, '2026-06-02', false, '小名')")
    assert pull(settings).status == "landed"
    register_batches(settings)
    with reader(settings) as lake:
        rows = lake.execute("select person_no, nickname from landing.registry__person order by 1").fetchall()
    assert rows == [("P1", None), ("P2", "小名")]


@pytest.mark.parametrize("name", ["_batch_id", "_typed_name", "x\" from read_text('/etc/hostname') --"])
def test_a_new_column_is_left_out_where_its_name_would_be_more_than_a_name(settings, registry, name) -> None:
    document = contract_document()
    document["customProperties"][1]["value"]["columns"] = "evolve"
    write_contract(settings, document)
    registry.add(1, 1)
    quoted = name.replace('"', '""')
    registry.run(f'alter table person add column "{quoted}" text')
    outcome = pull(settings)
    assert (outcome.status, outcome.rows_landed) == ("landed", 1)
    assert "left out for its name (quarantine)" in outcome.message
    with connect_state(settings) as state:
        assert state.execute("select policy, extra_columns from ops.drift, ops.batches").fetchall() == [
            ("quarantine", [])
        ]


def test_a_retyped_column_quarantines_only_what_does_not_cast(settings, registry) -> None:
    registry.run("alter table person alter column birth_date type text")
    registry.run(
        "insert into person values ('P1', '人', '1', '1990-02-03', '2026-06-01', false), "
        "('P2', '人', '1', '三月', '2026-06-01', false)"
    )
    outcome = pull(settings)
    assert (outcome.rows_landed, outcome.rows_quarantined) == (1, 1)
    assert "DATE became VARCHAR" in outcome.message


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
from pipelines.land.pull import pull_system
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
