"""Real source systems for tests: separate processes, started and stopped by name."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from pipelines.installation import processes
from pipelines.installation.state import embedded_server, prepare
from pipelines.settings import Settings

START_TIMEOUT_SECONDS = 60.0


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A BRAIN_HOME that PostgreSQL's unprivileged user can reach; pytest's own folders it cannot."""
    home = Path(tempfile.mkdtemp(prefix="brain-test-"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def running_platform(**settings: Any) -> Iterator[Settings]:
    """A home of its own with the platform's database and its tables; stopped and removed afterwards."""
    with temporary_home() as home:
        own = Settings(home=home, **settings)
        prepare(own)
        try:
            yield own
        finally:
            embedded_server(own).stop()


def start_source(settings: Settings, system: str, *arguments: str) -> None:
    """Start one system and wait until it has said where it is."""
    endpoint = settings.secrets / "sources" / f"{system}.json"
    before = endpoint.stat().st_mtime_ns if endpoint.exists() else 0
    command = [sys.executable, "-m", "simulator.serve", system, "--home", str(settings.home), *arguments]
    processes.start(settings, system, command)
    processes.wait_until_ready(
        settings, system, _is_rewritten(endpoint, before), timeout_seconds=START_TIMEOUT_SECONDS
    )


def kill_process(settings: Settings, name: str) -> None:
    """End a process as a power cut would."""
    process = psutil.Process(processes.status(settings, name).pid)
    process.kill()
    process.wait(10)


def stop_sources(settings: Settings) -> None:
    """Stop whatever was started here."""
    for process in processes.known(settings):
        processes.stop(settings, process.name)


def _is_rewritten(path: Path, before: int) -> Callable[[], bool]:
    return lambda: path.exists() and path.stat().st_mtime_ns > before
