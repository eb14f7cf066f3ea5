"""Letting old states of the lake go: which snapshots stay, and freeing what only the others held.

Every commit leaves a snapshot, a device stream one every few seconds, and a snapshot holds on to every file
that its tables had. Landed batches are never freed here: the manifest answers for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import psycopg

from pipelines.installation.state import connect_state
from pipelines.lake.connection import CATALOG_SCHEMA, LAKE, reader, writer
from pipelines.settings import CITY_TIME, Settings

Snapshots = Mapping[int, datetime]
# A file that was let go is left for so long: a query that began before may be reading it.
READING_TAKES = timedelta(days=1)
SCHEDULED = f"{CATALOG_SCHEMA}.ducklake_files_scheduled_for_deletion"


@dataclass(frozen=True)
class Build:
    """When a whole build began and ended."""

    started: datetime
    ended: datetime


@dataclass(frozen=True)
class Expired:
    """How many states of the lake were let go and kept, and the files that were freed."""

    snapshots: int
    snapshots_kept: int
    files: int
    bytes: int


def state_left_by(build: Build, snapshots: Snapshots) -> int | None:
    """The snapshot that a build left; None where it is not kept any more."""
    taken = [number for number, moment in snapshots.items() if build.started <= moment <= build.ended]
    return max(taken, default=None)


def snapshots_to_keep(
    snapshots: Snapshots,
    builds: Iterable[Build],
    pinned: Collection[int],
    *,
    now: datetime,
    every_days: int,
    daily_days: int,
) -> set[int]:
    """Which snapshots stay.

    Args:
        snapshots: all there are, with the time at which each was taken.
        builds: the good builds of everything.
        pinned: what decisions refer to; it stays whatever its age.
        now: the moment from which ages are counted.
        every_days: every snapshot of so many days stays: who reads the lake, or builds, holds one of these.
        daily_days: what each day's last build left stays for so many days, afterwards each month's last.
    """
    recent = {number for number, moment in snapshots.items() if moment >= now - timedelta(days=every_days)}
    last_of: dict[tuple[int, ...], Build] = {}
    for build in sorted(builds, key=lambda build: build.ended):
        day = build.ended.astimezone(CITY_TIME).date()
        last_of[day.year, day.month] = build
        if build.ended >= now - timedelta(days=daily_days):
            last_of[day.year, day.month, day.day] = build
    left = {state_left_by(build, snapshots) for build in last_of.values()} - {None}
    return (recent | left | set(pinned) | {max(snapshots)}) & snapshots.keys() if snapshots else set()


def snapshots_of(connection: duckdb.DuckDBPyConnection) -> dict[int, datetime]:
    """Every snapshot of the lake and when it was taken."""
    return dict(
        connection.execute(f"select snapshot_id, snapshot_time from ducklake_snapshots('{LAKE}')").fetchall()
    )


def expire_snapshots(
    settings: Settings, builds: Collection[Build], pinned: Collection[int], *, now: datetime, dry_run: bool
) -> Expired:
    """Let go of the snapshots that `snapshots_to_keep` leaves out, and delete what only they held.

    Killed anywhere it is run again: files are deleted a day after the catalog has let go of them.

    Args:
        builds: the good builds of everything.
        pinned: snapshots that decisions refer to.
        now: the moment from which ages are counted.
        dry_run: count the snapshots, change nothing.

    Raises:
        TimeoutError: another process has been writing the lake for too long; nothing was changed.
    """
    with reader(settings) as connection:
        snapshots = snapshots_of(connection)
    kept = snapshots_to_keep(
        snapshots, builds, pinned,
        now=now, every_days=settings.snapshot_days, daily_days=settings.known_state_days,
    )  # fmt: skip
    gone = sorted(snapshots.keys() - kept)
    if dry_run:
        return Expired(len(gone), len(kept), 0, 0)
    with writer(settings) as connection, connect_state(settings, autocommit=True) as state:
        if gone:
            connection.execute(f"call ducklake_expire_snapshots('{LAKE}', versions => {gone})")
        _leave_landed_files(state)
        files, size = _free(connection, now - READING_TAKES)
    return Expired(len(gone), len(kept), files, size)


def _leave_landed_files(state: psycopg.Connection) -> None:
    """Take landed files off the list of what may be deleted; a table that is rewritten puts them there.

    Only what the lake wrote itself has a path within its folder: all else was landed, wherever it lies.
    """
    state.execute(f"delete from {SCHEDULED} where not path_is_relative")


def _free(connection: duckdb.DuckDBPyConnection, until: datetime) -> tuple[int, int]:
    """Delete the files that were scheduled by a moment; returns how many there were and their bytes."""
    call = f"call ducklake_cleanup_old_files('{LAKE}', older_than => timestamptz '{until.isoformat()}'"
    paths = [Path(path) for (path,) in connection.execute(f"{call}, dry_run => true)").fetchall()]
    size = sum(path.stat().st_size for path in paths if path.exists())
    connection.execute(f"{call})")
    return len(paths), size
