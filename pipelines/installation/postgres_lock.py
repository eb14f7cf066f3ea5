"""Whose process the lock files of a PostgreSQL cluster name.

`postmaster.pid` outlives a server that a power cut or a restart of the container ended. Its pid may then be
that of another process, even of another cluster's server, and PostgreSQL's own tools believe the file. A
home that was copied while its server ran holds such a file as well.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


def server_runs(cluster: Path) -> bool:
    """Whether the process that `postmaster.pid` names is this cluster's server."""
    pid = _pid(cluster / "postmaster.pid")
    return pid is not None and pid > 0 and _serves(pid, cluster)


def remove_stale(cluster: Path, *lock_files: Path) -> None:
    """Remove the lock files whose process does not serve this cluster; the caller holds `sole_starter`.

    PostgreSQL does not start while the pid in one of them is that of any process of its user.
    """
    for path in lock_files:
        pid = _pid(path)
        if pid is None or not _serves(abs(pid), cluster):
            path.unlink(missing_ok=True)


@contextmanager
def sole_starter(folder: Path) -> Iterator[None]:
    """Let one process at a time look whether the server of this folder runs, and start it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _pid(lock_file: Path) -> int | None:
    """Return the pid in a lock file, negative for a server without clients; None if there is none."""
    try:
        return int(lock_file.read_text(errors="replace").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _serves(pid: int, cluster: Path) -> bool:
    """Whether this process is a PostgreSQL server in this cluster's folder.

    The start time in the lock file is not compared: setting the machine's clock changes what the system
    says of a running process, and a server taken for another's would be started twice.
    """
    try:
        process = psutil.Process(pid)
        command = process.cmdline()
        if not command or Path(command[0]).name != "postgres":
            return False
        return _folder(process, command).samefile(cluster)
    except (psutil.NoSuchProcess, FileNotFoundError, ValueError):
        return False


def _folder(process: psutil.Process, command: list[str]) -> Path:
    """Return the folder that a server works in, which names it even after it was moved.

    A container's root may not see it; the command line then names the folder as it was at the start.
    """
    try:
        return Path(process.cwd())
    except psutil.AccessDenied:
        return Path(command[command.index("-D") + 1])
