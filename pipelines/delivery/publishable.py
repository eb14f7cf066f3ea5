"""Find the state of the lake that may be published: the one left by a build whose every step succeeded.

The newest state may come from a build that is running, was killed or failed a check.
"""

from __future__ import annotations

from datetime import datetime

import dagster as dg

from pipelines.delivery.builds import newest_builds
from pipelines.lake.connection import reader
from pipelines.lake.retention import Build, snapshots_of, state_left_by
from pipelines.settings import CITY_TIME, Settings

# A table built this many times without a successful run has been failing for weeks.
BUILDS_LOOKED_AT = 50


def publishable_state(
    settings: Settings, instance: dg.DagsterInstance, table: dg.AssetKey, *, run_id: str | None = None
) -> int:
    """Return the snapshot that the newest successful build of `table` left.

    Args:
        settings: the settings of the installation.
        instance: the Dagster instance that records its runs.
        table: the table to publish, or the one that it is built from.
        run_id: the calling run. If it built the table itself, everything that the table needs succeeded.

    Raises:
        LookupError: no build of the table has succeeded, or its state has expired.
    """
    with reader(settings) as connection:
        snapshots = snapshots_of(connection)
    for record in instance.fetch_materializations(table, limit=BUILDS_LOOKED_AT).records:
        if record.run_id == run_id:
            return max(snapshots)
        run = instance.get_run_record_by_id(record.run_id)
        if run is None or run.dagster_run.status != dg.DagsterRunStatus.SUCCESS:
            continue
        if run.start_time is None or run.end_time is None:
            continue
        snapshot = state_left_by(Build(_moment(run.start_time), _moment(run.end_time)), snapshots)
        if snapshot is not None:
            return snapshot
        break
    raise LookupError(
        f"No build that made {'.'.join(table.path)} has ended well, or what it left is not kept any more. "
        "Nothing was published; what is served did not change. Run `brain build` and mend what it names."
    )


def newest_build_failed(instance: dg.DagsterInstance) -> bool:
    """Whether the newest build did not succeed, so that an earlier build is what is published."""
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    newest = newest_builds(instance, 1, ended)[:1]
    return any(record.dagster_run.status != dg.DagsterRunStatus.SUCCESS for record in newest)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, CITY_TIME)
