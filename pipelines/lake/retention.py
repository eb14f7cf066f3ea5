"""Expire old snapshots of the lake, and delete the files that only they referenced.

Every commit creates a snapshot, a device stream one every few seconds, and a snapshot references every file
that its tables had. Landed batches are never deleted here: they are managed by the manifest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import psycopg

from pipelines.installation.state import connect_state
from pipelines.lake.catalog import CATALOG_SCHEMA
from pipelines.lake.connection import LAKE, reader, writer
from pipelines.settings import CITY_TIME, Settings

Snapshots = Mapping[int, datetime]
# Unreferenced files are kept this long: a query that started earlier may still be reading them.
READING_TAKES = timedelta(days=1)
SCHEDULED = f"{CATALOG_SCHEMA}.ducklake_files_scheduled_for_deletion"


@dataclass(frozen=True)
class Build:
    """When a whole build started and ended."""

    started: datetime
    ended: datetime


@dataclass(frozen=True)
class Expired:
    """How many snapshots were expired and kept, and the files that were deleted."""

    snapshots: int
    snapshots_kept: int
    files: int
    bytes: int


def state_left_by(build: Build, snapshots: Snapshots) -> int | None:
    """Return the snapshot that a build left; None if it has expired."""
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
    """Return the snapshots to keep.

    Args:
        snapshots: all snapshots, with the time at which each was taken.
        builds: the successful whole builds.
        pinned: snapshots referenced by decisions; they are kept whatever their age.
        now: the time from which ages are counted.
        every_days: every snapshot is kept for this many days: readers and builds use one of these.
        daily_days: the snapshot of each day's last build is kept for this many days, then each month's last.
    """
    recent = {number for number, moment in snapshots.items() if moment >= now - timedelta(days=every_days)}
    last_of: dict[tuple[int, ...], Build] = {}
    for build in sorted(builds, key=lambda build: build.ended):
        day = build.ended.astimezone(CITY_TIME).date()
        last_of[day.year, day.month] = build
        if build.ended >= now - timedelta(days=daily_days):
            last_of[day.year, day.month, day.day] = build
    left = {number for build in last_of.values() if (number := state_left_by(build, snapshots)) is not None}
    return (recent | left | set(pinned) | {max(snapshots)}) & snapshots.keys() if snapshots else set()


def snapshots_of(connection: duckdb.DuckDBPyConnection) -> dict[int, datetime]:
    """Return every snapshot of the lake and when it was taken."""
    return dict(
        connection.execute(f"select snapshot_id, snapshot_time from ducklake_snapshots('{LAKE}')").fetchall()
    )


def expire_snapshots(
    settings: Settings, builds: Collection[Build], pinned: Collection[int], *, now: datetime, dry_run: bool
) -> Expired:
    """Expire the snapshots that `snapshots_to_keep` leaves out; delete the files that only they referenced.

    Can be repeated after a kill at any point: files are deleted a day after the catalog has released them.

    Args:
        builds: the successful whole builds.
        pinned: snapshots referenced by decisions.
        now: the time from which ages are counted.
        dry_run: count the snapshots, change nothing.

    Raises:
        TimeoutError: another process held the lake's write lock for too long; nothing was changed.
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
    """Remove landed files from the deletion schedule, to which rewriting a table adds them.

    Only files that the lake itself wrote have a path relative to its folder: all others were landed.
    """
    state.execute(f"delete from {SCHEDULED} where not path_is_relative")


def _free(connection: duckdb.DuckDBPyConnection, until: datetime) -> tuple[int, int]:
    """Delete the files that were scheduled before `until`; return their number and total bytes."""
    call = f"call ducklake_cleanup_old_files('{LAKE}', older_than => timestamptz '{until.isoformat()}'"
    paths = [Path(path) for (path,) in connection.execute(f"{call}, dry_run => true)").fetchall()]
    size = sum(path.stat().st_size for path in paths if path.exists())
    connection.execute(f"{call})")
    return len(paths), size
