"""Detect and end runs whose process is gone.

Only one run at a time writes the lake, so a run that stays "started" after a kill would block
every later one. It is ended by whatever starts next (`close_abandoned_runs`) and, while the
daemon runs, by Dagster's run monitoring, which asks the launcher.
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
    """Dagster's launcher, extended to report whether a run's process is still running.

    It asks the operating system, not the server that started the run: after a restart
    of the daemon, a different server answers, which knows nothing of the run.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether run monitoring may check a run's process."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Return the health of a run's process to run monitoring."""
        if is_abandoned(self._instance, run):
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, GONE)
        return CheckRunHealthResult(WorkerStatus.RUNNING)


def own_process_tag() -> dict[str, str]:
    """Return the tag of a run that this process executes: its pid, and a time at which it was running."""
    return {PROCESS_TAG: f"{os.getpid()}@{time.time():.0f}"}


def close_abandoned_runs(instance: dg.DagsterInstance) -> int:
    """End the runs whose process is gone, and return their number.

    A run that was being launched when everything was killed has no process yet: run monitoring
    ends it after its start timeout.
    """
    unfinished = instance.get_runs(dg.RunsFilter(statuses=NOT_FINISHED_STATUSES))
    abandoned = [run for run in unfinished if is_abandoned(instance, run)]
    for run in abandoned:
        if run.status is dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run, GONE)
        else:
            instance.report_run_failed(run, GONE)
    return len(abandoned)


def is_abandoned(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether an unfinished run's process is gone."""
    seen = _process_seen(instance, run)
    if seen is None or processes.still_runs(*seen):
        return False
    # The process may have finished its run and exited since the run was read.
    now = instance.get_run_by_id(run.run_id)
    return now is not None and now.status in NOT_FINISHED_STATUSES


def _process_seen(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[int, float] | None:
    """Return the pid of the run's process and a time at which it was running; None before there is one."""
    if tag := run.tags.get(PROCESS_TAG):
        number, moment = tag.split("@")
        return int(number), float(moment)
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        if pid := entry.get_dagster_event().engine_event_data.metadata.get("pid"):
            return int(str(pid.value)), entry.timestamp
    return None
