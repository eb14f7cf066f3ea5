"""The history of builds: which succeeded, what they cover, and what has landed since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES, RunRecord

from pipelines.installation.state import connect_state
from pipelines.lake.retention import Build
from pipelines.settings import CITY_TIME, Settings

# The jobs that build the whole warehouse.
BUILDING_JOBS = ("build", "nightly")
RUNS_LOOKED_AT = 25


def newest_batch_at(settings: Settings) -> float | None:
    """Return when the newest batch landed, in seconds since 1970; None before the first."""
    with connect_state(settings) as connection:
        row = connection.execute("select extract(epoch from max(landed_at)) from ops.batches").fetchone()
    return float(row[0]) if row and row[0] is not None else None


def last_build_started_at(instance: dg.DagsterInstance) -> float:
    """Return when the last successful whole build started, in seconds since 1970; 0 before the first."""
    return max((build.started.timestamp() for build in whole_builds(instance, RUNS_LOOKED_AT)), default=0.0)


def is_build_unfinished(instance: dg.DagsterInstance) -> bool:
    """Whether a build of the whole warehouse is running or queued."""
    unfinished = (dg.RunsFilter(job_name=job, statuses=NOT_FINISHED_STATUSES) for job in BUILDING_JOBS)
    return any(instance.get_runs_count(runs) for runs in unfinished)


def newest_builds(
    instance: dg.DagsterInstance, limit: int, statuses: Sequence[dg.DagsterRunStatus] = ()
) -> list[RunRecord]:
    """Return at most `limit` builds of each job, newest first; of any status if none is given."""
    records = [
        record
        for job in BUILDING_JOBS
        for record in instance.get_run_records(dg.RunsFilter(job_name=job, statuses=statuses), limit=limit)
    ]
    return sorted(records, key=lambda record: record.create_timestamp, reverse=True)


def whole_builds(instance: dg.DagsterInstance, newest: int | None = None) -> Iterator[Build]:
    """Yield the successful builds of the whole warehouse; only the `newest` of each job if given."""
    for job in BUILDING_JOBS:
        succeeded = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS])
        for record in instance.get_run_records(succeeded, limit=newest):
            # A run with an asset selection left the other assets unchanged.
            if record.start_time and record.end_time and not record.dagster_run.asset_selection:
                yield Build(
                    datetime.fromtimestamp(record.start_time, CITY_TIME),
                    datetime.fromtimestamp(record.end_time, CITY_TIME),
                )
