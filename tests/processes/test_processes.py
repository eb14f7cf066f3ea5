"""Background processes are started once, known again, stopped whole, and never confused."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipelines.installation import processes
from pipelines.settings import Settings

SLEEPER = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable, "-c",
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True); time.sleep(600)",
]  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path):
    settings = Settings(home=tmp_path)
    yield settings
    for process in processes.known(settings):
        processes.stop(settings, process.name, timeout_seconds=1)


def test_a_started_process_runs_once_and_is_known_by_its_name(settings):
    first = processes.start(settings, "sleeper", SLEEPER)
    second = processes.start(settings, "sleeper", SLEEPER)
    assert first.is_running
    assert first.pid == second.pid
    assert [process.name for process in processes.known(settings)] == ["sleeper"]


def test_a_stopped_process_is_gone_and_stopping_again_is_harmless(settings):
    started = processes.start(settings, "sleeper", SLEEPER)
    assert processes.stop(settings, "sleeper") is True
    assert processes.stop(settings, "sleeper") is False
    assert not processes.is_running(settings, "sleeper")
    assert not psutil.pid_exists(started.pid) or psutil.Process(started.pid).status() == "zombie"


def test_a_process_that_ignores_terminate_is_killed_with_its_children(settings):
    started = processes.start(settings, "stubborn", STUBBORN)
    processes.wait_until_ready(settings, "stubborn", lambda: started.log.read_text().strip() != "")
    child = psutil.Process(int(started.log.read_text().split()[0]))
    processes.stop(settings, "stubborn", timeout_seconds=1)
    assert not processes.is_running(settings, "stubborn")
    assert not child.is_running() or child.status() == "zombie"


def test_a_recycled_process_number_is_never_killed(settings):
    bystander = processes.start(settings, "bystander", SLEEPER)
    claimed = {"pid": bystander.pid, "started": bystander.started_at - 3600}
    (settings.home / "run" / "old.pid").write_text(json.dumps(claimed))
    assert not processes.is_running(settings, "old")
    assert processes.stop(settings, "old") is False
    assert processes.is_running(settings, "bystander")


def test_a_process_is_known_after_the_clock_was_set(settings, monkeypatch):
    """The system counts from the machine's start, and moves that with the clock."""
    started = processes.start(settings, "sleeper", SLEEPER)
    booted, created = psutil.boot_time, psutil.Process.create_time
    monkeypatch.setattr(psutil, "boot_time", lambda: booted() + 3600)
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: created(process) + 3600)
    assert processes.start(settings, "sleeper", SLEEPER).pid == started.pid
    assert processes.stop(settings, "sleeper") is True


def test_a_process_whose_pid_file_cannot_be_written_does_not_go_on(settings, monkeypatch):
    """Nobody could stop it, and the next start would start another beside it."""
    spawned = []
    spawn = processes._spawn
    monkeypatch.setattr(processes, "_spawn", lambda *given: spawned.append(spawn(*given)) or spawned[0])
    monkeypatch.setattr(Path, "replace", failing(OSError("No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        processes.start(settings, "sleeper", SLEEPER)
    assert not processes._is_alive(spawned[0])
    assert not list((settings.home / "run").glob("*.unfinished"))


def failing(error):
    def fail(*_):
        raise error

    return fail


def test_a_process_that_dies_early_is_reported_with_the_end_of_its_log(settings):
    processes.start(settings, "broken", [sys.executable, "-c", "raise SystemExit('the port is taken')"])
    with pytest.raises(processes.ProcessError, match=r"(?s)'broken' ended before.*the port is taken"):
        processes.wait_until_ready(settings, "broken", lambda: False, timeout_seconds=20)


def test_a_process_that_never_answers_is_reported_after_the_timeout(settings):
    processes.start(settings, "silent", SLEEPER)
    before = time.monotonic()
    with pytest.raises(processes.ProcessError, match="was not ready within 1 s"):
        processes.wait_until_ready(settings, "silent", _refuse, timeout_seconds=1)
    assert time.monotonic() - before < 10


def test_a_program_that_does_not_exist_is_named(settings):
    with pytest.raises(processes.ProcessError, match="'nothing' cannot be started"):
        processes.start(settings, "nothing", [os.devnull + "-missing"])
    assert not processes.is_running(settings, "nothing")


def _refuse() -> bool:
    raise ConnectionRefusedError
