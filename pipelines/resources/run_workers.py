"""Runs whose process is gone: how they are known, and how they are ended.

One run at a time writes the lake, so a run that stays "started" after a kill would keep
every later one waiting. It is ended by whatever starts next (`close_abandoned_runs`) and,
while the daemon runs, by Dagster's run monitoring, which asks the launcher.
"""

from __future__ import annotations

import os
import time

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from pipelines.installation import processes

PROCESS_TAG = "brain/process"
GONE = (
    "The process of this run was stopped or killed. Nothing was lost: start the job again, "
    "and it goes on from what this run kept."
)


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's launcher, which can also say whether a run's process still runs.

    It asks the operating system, not the server that started the run: after a restart
    of the daemon another server answers, which knows nothing of the run.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether run monitoring may ask for a run's process."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """What run monitoring is told of a run's process."""
        if _is_abandoned(self._instance, run):
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, GONE)
        return CheckRunHealthResult(WorkerStatus.RUNNING)


def own_process_tag() -> dict[str, str]:
    """The tag of a run that this process executes itself: its number, and a moment at which it ran."""
    return {PROCESS_TAG: f"{os.getpid()}@{time.time():.0f}"}


def close_abandoned_runs(instance: dg.DagsterInstance) -> int:
    """End the runs whose process is gone; returns how many there were.

    A run that was being launched when everything was killed has no process yet: run monitoring
    ends it when its time to start is over.
    """
    unfinished = instance.get_runs(dg.RunsFilter(statuses=NOT_FINISHED_STATUSES))
    abandoned = [run for run in unfinished if _is_abandoned(instance, run)]
    for run in abandoned:
        if run.status is dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run, GONE)
        else:
            instance.report_run_failed(run, GONE)
    return len(abandoned)


def _is_abandoned(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    seen = _process_seen(instance, run)
    if seen is None or processes.still_runs(*seen):
        return False
    # It may have finished its run and ended since the run was read.
    now = instance.get_run_by_id(run.run_id)
    return now is not None and now.status in NOT_FINISHED_STATUSES


def _process_seen(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[int, float] | None:
    """The number of the run's process and a moment at which it ran; None before there is one."""
    if tag := run.tags.get(PROCESS_TAG):
        number, moment = tag.split("@")
        return int(number), float(moment)
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        if number := entry.get_dagster_event().engine_event_data.metadata.get("pid"):
            return int(number.value), entry.timestamp
    return None
