"""Background processes of an installation: start, identify and stop them.

Each has a name, a log in `$BRAIN_HOME/logs` and a pid file in `$BRAIN_HOME/run`.
A pid file also holds when the process started, so that a later process with a
reused pid is never mistaken for it, and never killed. It is counted from the machine's
start: setting the clock moves what the system says of both.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipelines.settings import PROJECT_ROOT, Settings, child_environment

STOP_TIMEOUT_SECONDS = 20.0
POLL_SECONDS = 0.1
QUOTED_LINES = 15
LARGEST_LOG_BYTES = 10_000_000
# Both clocks have a resolution of a hundredth of a second; rounding may differ by one.
SAME_START_SECONDS = 0.05
# The system clock may be adjusted slightly while a process runs, and timestamps are kept in whole seconds.
CLOCK_SECONDS = 2.0


class ProcessError(RuntimeError):
    """A background process did not start, exited, did not become ready or did not stop."""


@dataclass(frozen=True)
class ProcessStatus:
    """The status of a named process; `pid` is None if it is not running."""

    name: str
    pid: int | None
    started_at: float | None
    log: Path

    @property
    def is_running(self) -> bool:
        """Whether the process is running."""
        return self.pid is not None


def start(
    settings: Settings,
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    working_directory: Path = PROJECT_ROOT,
) -> ProcessStatus:
    """Start a detached process under a name, unless it is already running.

    Args:
        settings: whose home receives the log and the pid file.
        name: unique in this installation; names the log and the pid file.
        command: the program and its arguments.
        environment: variables to set on top of this process's own.
        working_directory: the process's working directory.

    Raises:
        ProcessError: the program cannot be executed.
        OSError: its pid file cannot be written, on a full disk for example; it was ended again.
    """
    with _exclusive(settings, name):
        running = status(settings, name)
        if running.is_running:
            return running
        process = _spawn(settings, name, command, dict(environment or {}), working_directory)
        try:
            _write_pid_file(settings, name, process)
        except OSError:
            # Nobody could find it again, and the next start would start another.
            _end(name, process, STOP_TIMEOUT_SECONDS)
            raise
    return status(settings, name)


def is_running(settings: Settings, name: str) -> bool:
    """Whether the process that was started under this name is still running."""
    return _find(settings, name) is not None


def still_runs(pid: int, seen_at: float) -> bool:
    """Whether the process that had this pid at `seen_at` is still running; one started later is another."""
    try:
        process = psutil.Process(pid)
        return process.create_time() <= seen_at + CLOCK_SECONDS and _is_alive(process)
    except psutil.NoSuchProcess:
        return False


def status(settings: Settings, name: str) -> ProcessStatus:
    """Return the status of one process."""
    process = _find(settings, name)
    return ProcessStatus(
        name=name,
        pid=process.pid if process else None,
        started_at=process.create_time() if process else None,
        log=_log_file(settings, name),
    )


def known(settings: Settings) -> list[ProcessStatus]:
    """Return the status of every process that has a pid file here, running or not, by name."""
    return [status(settings, path.stem) for path in sorted((settings.home / "run").glob("*.pid"))]


def stop(settings: Settings, name: str, *, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> bool:
    """Send a process SIGTERM, then SIGKILL what is left of it and its children; true if it was running.

    Raises:
        ProcessError: it survived SIGKILL.
    """
    with _exclusive(settings, name):
        process = _find(settings, name)
        if process is not None:
            _end(name, process, timeout_seconds)
        _pid_file(settings, name).unlink(missing_ok=True)
    return process is not None


def wait_until_ready(
    settings: Settings,
    name: str,
    is_ready: Callable[[], bool],
    *,
    timeout_seconds: float = 60.0,
) -> None:
    """Wait until `is_ready()` is true; an OSError from it counts as not ready yet.

    Raises:
        ProcessError: the process exited or the time ran out; the message has the end of its log.
    """
    deadline = time.monotonic() + timeout_seconds
    while not _answers(is_ready):
        if not is_running(settings, name):
            raise ProcessError(_describe(settings, name, "ended before it was ready"))
        if time.monotonic() > deadline:
            raise ProcessError(_describe(settings, name, f"was not ready within {timeout_seconds:.0f} s"))
        time.sleep(POLL_SECONDS)


def log_end(settings: Settings, name: str, lines: int = QUOTED_LINES) -> str:
    """Return the last lines of a process's log."""
    path = _log_file(settings, name)
    if not path.exists():
        return "(no log)"
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 200 * lines))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:]) or "(empty log)"


def _describe(settings: Settings, name: str, what: str) -> str:
    return (
        f"'{name}' {what}. The end of {_log_file(settings, name)}:\n{log_end(settings, name)}\n"
        "Mend what it says and run the command again; what was already stored is kept."
    )


def _answers(is_ready: Callable[[], bool]) -> bool:
    try:
        return is_ready()
    except OSError:
        return False


def _spawn(
    settings: Settings, name: str, command: Sequence[str], environment: dict[str, str], directory: Path
) -> psutil.Process:
    log = _log_file(settings, name)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        try:
            started = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                cwd=directory, env=child_environment(environment), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise ProcessError(f"'{name}' cannot be started: {command[0]}: {error.strerror}.") from error
    return psutil.Process(started.pid)


def _write_pid_file(settings: Settings, name: str, process: psutil.Process) -> None:
    path = _pid_file(settings, name)
    unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
    identity = {"pid": process.pid, "started": process.create_time(), "booted": psutil.boot_time()}
    try:
        unfinished.write_text(json.dumps(identity))
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _find(settings: Settings, name: str) -> psutil.Process | None:
    try:
        identity = json.loads(_pid_file(settings, name).read_text())
        process = psutil.Process(identity["pid"])
        # What an earlier release wrote does not say when the machine had started.
        booted = psutil.boot_time()
        then = identity["started"] - identity.get("booted", booted)
        same = abs(process.create_time() - booted - then) <= SAME_START_SECONDS
    except (FileNotFoundError, ValueError, KeyError, psutil.NoSuchProcess):
        return None
    return process if same and _is_alive(process) else None


def _end(name: str, process: psutil.Process, timeout_seconds: float) -> None:
    family = [process, *_children(process)]
    _signal(process, signal.SIGTERM)
    _wait_until_gone([process], timeout_seconds)
    for member in filter(_is_alive, family):
        _signal(member, signal.SIGKILL)
    if left := _wait_until_gone(family, timeout_seconds):
        raise ProcessError(
            f"'{name}' (pid {left[0].pid}) did not end even when killed; see its state with ps."
        )


def _wait_until_gone(processes: list[psutil.Process], timeout_seconds: float) -> list[psutil.Process]:
    deadline = time.monotonic() + timeout_seconds
    while (left := [process for process in processes if _is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return left


def _is_alive(process: psutil.Process) -> bool:
    """Whether the process is running; a zombie process is not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


@contextmanager
def _exclusive(settings: Settings, name: str) -> Iterator[None]:
    path = settings.home / "run" / f".{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _pid_file(settings: Settings, name: str) -> Path:
    return settings.home / "run" / f"{name}.pid"


def _log_file(settings: Settings, name: str) -> Path:
    return settings.home / "logs" / f"{name}.log"
