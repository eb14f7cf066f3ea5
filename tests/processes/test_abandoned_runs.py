"""A run whose process was killed ends, so that the next one does not wait for ever; a live one goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest

from pipelines.installation import processes
from pipelines.operations.runs import end_abandoned_runs, prepare_environment
from pipelines.operations.services import BINARIES, SCHEDULER
from pipelines.resources.run_workers import GONE
from pipelines.settings import PROJECT_ROOT, Settings

LOCATION = ["-m", "tests.support.waiting_job"]
LONGEST_WAIT_SECONDS = 120


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setattr(os, "environ", os.environ | {})
    settings = Settings(home=tmp_path)
    prepare_environment(settings)
    # As `brain start` does: two processes that make Dagster's storage at once get in each other's way.
    assert end_abandoned_runs(settings) == 0
    yield settings
    kill(family(settings))


def start_daemon(settings: Settings) -> None:
    processes.start(settings, SCHEDULER, [str(BINARIES / "dagster-daemon"), "run", *LOCATION])


def family(settings: Settings) -> list[psutil.Process]:
    """The daemon first, then its server and the processes of runs."""
    pid = processes.status(settings, SCHEDULER).pid
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)] if pid else []


def kill(members: list[psutil.Process]) -> None:
    for member in members:
        if member.is_running():
            member.kill()
    psutil.wait_procs(members, 10)


def launch(settings: Settings) -> str:
    """Ask for a run as Dagster's page does; returns its id once it has started."""
    before = {run.run_id for run in runs()}
    command = [BINARIES / "dagster", "job", "launch", *LOCATION, "-j", "waiting"]
    subprocess.run(command, cwd=PROJECT_ROOT, env=os.environ, check=True, capture_output=True)
    (run_id,) = {run.run_id for run in runs()} - before
    wait_for(run_id, dg.DagsterRunStatus.STARTED, settings)
    return run_id


def runs() -> list[dg.DagsterRun]:
    with dg.DagsterInstance.get() as instance:
        return list(instance.get_runs())


def status(run_id: str) -> dg.DagsterRunStatus:
    return next(run.status for run in runs() if run.run_id == run_id)


def wait_for(run_id: str, wanted: dg.DagsterRunStatus, settings: Settings) -> None:
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while status(run_id) is not wanted:
        assert time.monotonic() < deadline, (status(run_id), processes.log_end(settings, SCHEDULER))
        time.sleep(0.5)


def reason(run_id: str) -> str:
    with dg.DagsterInstance.get() as instance:
        (failed,) = instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    return failed.get_dagster_event().message


@pytest.mark.timeout(400)
def test_a_killed_run_ends_and_the_next_one_runs(settings: Settings) -> None:
    start_daemon(settings)
    first = launch(settings)
    daemon, *others = family(settings)
    kill([daemon])
    assert end_abandoned_runs(settings) == 0, "its process still runs, without the daemon"
    kill(others)
    assert end_abandoned_runs(settings) == 1
    assert status(first) is dg.DagsterRunStatus.FAILURE
    assert GONE in reason(first)

    start_daemon(settings)
    second = launch(settings)
    kill(family(settings))
    start_daemon(settings)
    wait_for(second, dg.DagsterRunStatus.FAILURE, settings)
    assert GONE in reason(second)


@pytest.mark.parametrize("begun", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_a_run_of_the_command_line_whose_process_is_gone_is_ended(
    settings: Settings, begun: dg.DagsterRunStatus
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    tags = {"own": f"{os.getpid()}@{time.time():.0f}", "gone": f"{ended.pid}@{time.time():.0f}"}
    # The number was given to a younger process since.
    tags["used again"] = f"{os.getpid()}@{psutil.Process().create_time() - 60:.0f}"
    with dg.DagsterInstance.get() as instance:
        made = {
            whose: instance.create_run_for_job(
                waiting_job(), status=begun, tags={"brain/process": tag}
            ).run_id
            for whose, tag in tags.items()
        }
    assert end_abandoned_runs(settings) == 2
    assert {whose: status(run_id).value for whose, run_id in made.items()} == {
        "own": begun.value, "gone": "FAILURE", "used again": "FAILURE",
    }  # fmt: skip


def waiting_job() -> dg.JobDefinition:
    from tests.support.waiting_job import waiting

    return waiting
