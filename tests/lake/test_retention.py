"""Old states of the lake go; what a build, a decision or the manifest answers for stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader, writer
from pipelines.lake.retention import Build, expire_snapshots, snapshots_of, snapshots_to_keep, state_left_by
from pipelines.operations.runs import known_on, maintain
from pipelines.settings import CITY_TIME, Settings

NOW = datetime(2026, 7, 20, 6, tzinfo=CITY_TIME)
LATER = datetime.now(UTC) + timedelta(days=400)


def at(month: int, day: int, hour: int) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=CITY_TIME)


def kept(snapshots: dict[int, datetime], builds: list[Build], pinned: tuple[int, ...] = ()) -> list[int]:
    return sorted(snapshots_to_keep(snapshots, builds, pinned, now=NOW, every_days=7, daily_days=30))


def test_every_state_of_the_last_days_stays_and_the_newest_always() -> None:
    assert kept({1: at(7, 1, 3), 2: at(7, 14, 3), 3: at(7, 20, 3)}, []) == [2, 3]
    assert kept({1: at(1, 1, 3), 2: at(1, 2, 3)}, []) == [2]
    assert kept({}, []) == []


def test_a_days_last_build_stays_for_some_days_and_then_a_months_last() -> None:
    nights = [at(4, 3, 2), at(4, 28, 2), at(5, 9, 2), at(7, 2, 2), at(7, 2, 20), at(7, 3, 2)]
    builds = [Build(night, night + timedelta(hours=1)) for night in nights]
    left = {number: build.ended - timedelta(minutes=1) for number, build in enumerate(builds, start=10)}
    snapshots = {1: at(4, 3, 1), **left, 90: at(7, 3, 9), 91: at(7, 20, 5)}
    # 10 was not its month's last, 13 not its day's last; 1 and 90 were left by no build.
    assert kept(snapshots, builds) == [11, 12, 14, 15, 91]


def test_what_decisions_refer_to_stays_whatever_its_age() -> None:
    assert kept({1: at(1, 1, 3), 2: at(1, 2, 3), 3: at(7, 20, 3)}, [], pinned=(1, 77)) == [1, 3]


def test_what_a_build_left_is_never_mistaken_for_what_another_did() -> None:
    build = Build(at(5, 1, 2), at(5, 1, 3))
    assert state_left_by(build, {1: at(4, 30, 2), 2: at(5, 1, 2), 3: at(5, 1, 3), 4: at(5, 1, 4)}) == 3
    assert state_left_by(build, {1: at(4, 30, 2), 4: at(5, 1, 4)}) is None


@pytest.fixture
def home(empty_lake: Settings) -> Settings:
    """A lake with a table that was built three times and a landed one, part of whose rows were rewritten."""
    with writer(empty_lake) as connection:
        connection.execute("create schema landing; create table landing.visits (visit_no bigint)")
        for batch in range(3):
            # The first was landed before the installation moved; its rows are gone from the table.
            folder = empty_lake.home / "moved" if batch == 0 else empty_lake.landing
            path = folder / "elder_care" / "visits" / f"{batch}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(f"copy (select range + {batch} * 10 as visit_no from range(10)) to '{path}'")
            connection.execute(
                f"call ducklake_add_data_files('lake', 'visits', '{path}', schema => 'landing')"
            )
        connection.execute("delete from landing.visits where visit_no < 10")
        for build in range(3):
            # As dbt replaces a table: beside, then by name.
            connection.execute(f"create table beside as select range, {build} as build from range(1000)")
            connection.execute("drop table if exists built; alter table beside rename to built")
    return empty_lake


def files(*folders: Path) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*.parquet")}


def rows(settings: Settings, snapshot: int | None = None) -> list[tuple]:
    with reader(settings, snapshot=snapshot) as connection:
        return connection.execute(
            "select (select count(*) from built), (select max(build) from built), "
            "(select count(*) from landing.visits)"
        ).fetchall()


def test_only_what_no_kept_state_needs_is_freed(home: Settings) -> None:
    before, landed = rows(home), files(home.landing, home.home / "moved")
    assert len(landed) == 3
    written = len(files(home.lake_data))
    planned = expire_snapshots(home, [], [], now=LATER, dry_run=True)
    assert rows(home) == before and len(files(home.lake_data)) == written
    expired = expire_snapshots(home, [], [], now=LATER, dry_run=False)
    assert (expired.snapshots, expired.snapshots_kept) == (planned.snapshots, 1)
    # Two builds whose tables were replaced; every landed file is still there, also the one without a row.
    assert expired.files == 2 and expired.bytes > 0 and len(files(home.lake_data)) == written - 2
    assert files(home.landing, home.home / "moved") == landed
    assert rows(home) == before == [(1000, 2, 20)]
    assert expire_snapshots(home, [], [], now=LATER, dry_run=False).snapshots == 0


def test_a_state_that_a_decision_refers_to_can_be_read_afterwards(home: Settings) -> None:
    with reader(home) as connection:
        # After each build the table is replaced in two steps: the fourth newest is the second build.
        pinned = sorted(snapshots_of(connection))[-4]
    assert rows(home, pinned) == [(1000, 1, 20)]
    expire_snapshots(home, [], [pinned], now=LATER, dry_run=False)
    assert rows(home, pinned) == [(1000, 1, 20)]
    with pytest.raises(duckdb.Error), reader(home, snapshot=pinned - 1):
        pass


def test_a_run_that_was_killed_before_it_deleted_files_is_finished_by_the_next(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr("pipelines.lake.retention._free", killed)
        expire_snapshots(home, [], [], now=LATER, dry_run=False)
    assert expire_snapshots(home, [], [], now=LATER, dry_run=False).files == 2
    assert rows(home) == [(1000, 2, 20)]


def test_a_file_stays_for_the_day_in_which_somebody_may_be_reading_it(home: Settings) -> None:
    soon = datetime.now(UTC) + timedelta(hours=23)
    with reader(home) as connection:
        newest = max(snapshots_of(connection))
    for_days = home.model_copy(update={"snapshot_days": 0})
    assert expire_snapshots(for_days, [], [], now=soon, dry_run=False).snapshots == newest
    assert len(files(home.lake_data)) == 3
    assert expire_snapshots(home, [], [], now=soon + timedelta(hours=2), dry_run=False).files == 2
    assert len(files(home.lake_data)) == 1


def test_a_day_whose_state_is_gone_is_not_answered_by_an_older_one(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reader(home) as connection:
        taken = snapshots_of(connection)
    first, newest = taken[max(taken) - 3], taken[max(taken)]
    instant = timedelta(microseconds=1)
    builds = [Build(first - instant, first), Build(newest - instant, newest)]
    monkeypatch.setattr("pipelines.operations.runs.whole_builds", lambda _: iter(builds))
    # Both ended today; by yesterday none had.
    assert known_on(home, newest.date()).snapshot == max(taken)
    with pytest.raises(LookupError, match="No build of everything had ended") as told:
        known_on(home, newest.date() - timedelta(days=1))
    assert f"by the machine's clock; the first one ended on {first:%Y-%m-%d}" in str(told.value)
    believed = home.model_copy(update={"today": date(2020, 6, 30)})
    with pytest.raises(LookupError, match=r"not by the day that this home takes for today \(2020-06-30\)"):
        known_on(believed, believed.today)
    builds.pop()
    assert known_on(home, newest.date()).snapshot == max(taken) - 3
    expire_snapshots(home, [], [], now=LATER, dry_run=False)
    with pytest.raises(LookupError, match="is not kept any more"):
        known_on(home, newest.date())


def test_maintenance_leaves_what_the_gate_and_the_ledger_name(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reader(home) as connection:
        newest = max(snapshots_of(connection))
    judged, delivered = newest - 3, newest - 6
    with connect_state(home) as state:
        _fill(state, "quality.gate_runs", {"lake_snapshot": judged, "decision": "block"})
        _fill(state, "audit.ledger", {"lake_snapshot": delivered, "verdict": "pass"})
    monkeypatch.setattr("pipelines.assets.maintain.datetime", _Later)
    assert maintain(home).expired.snapshots_kept == 3
    with reader(home) as connection:
        assert {judged, delivered} < snapshots_of(connection).keys()
    assert rows(home, judged) == [(1000, 1, 20)]


class _Later(datetime):
    """The clock, more than a year on."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return LATER.astimezone(tz)


def _fill(state: psycopg.Connection, table: str, values: dict[str, Any]) -> None:
    """Insert a row of which only `values` matter."""
    schema, name = table.split(".")
    needed = state.execute(
        "select column_name, data_type from information_schema.columns where table_schema = %s "
        "and table_name = %s and is_nullable = 'NO' and is_identity = 'NO'",
        [schema, name],
    ).fetchall()
    of_type = {"text": "-", "bigint": 1, "ARRAY": [], "jsonb": "{}", "timestamp with time zone": LATER}
    row = {column: of_type[kind] for column, kind in needed} | values
    marks = ", ".join(["%s"] * len(row))
    state.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))
