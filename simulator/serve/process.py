"""What every served system does as a process: find a port, say where it is, stop when told.

Files are replaced whole and synced, so that a kill leaves either the old or the
new one.
"""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from pipelines.durable_files import write_text_durably

LOOPBACK = "127.0.0.1"


def endpoint_file(home: Path, system: str) -> Path:
    """Where the platform finds a system's address and credentials."""
    return home / "secrets" / "sources" / f"{system}.json"


def read_endpoint(home: Path, system: str) -> dict[str, str]:
    """The endpoint as it was last written; empty before the first start."""
    path = endpoint_file(home, system)
    return json.loads(path.read_text()) if path.exists() else {}


def write_endpoint(home: Path, system: str, endpoint: dict[str, str]) -> None:
    """Tell the platform where the system is; readable by its owner only."""
    path = endpoint_file(home, system)
    for folder in (home / "secrets", path.parent):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    write_text_durably(path, json.dumps(endpoint, indent=2), mode=0o600)


@contextmanager
def pid_file(home: Path, system: str) -> Iterator[None]:
    """Hold `run/<system>.pid`; its start time tells this process from a later one of the same id."""
    path = home / "run" / f"{system}.pid"
    path.parent.mkdir(parents=True, exist_ok=True)
    process = psutil.Process()
    identity = {"pid": process.pid, "started": process.create_time()}
    write_text_durably(path, json.dumps(identity))
    try:
        yield
    finally:
        if path.exists() and json.loads(path.read_text())["pid"] == process.pid:
            path.unlink()


def bind_remembered(folder: Path) -> socket.socket:
    """A bound loopback socket, on the port of the last time where that is still free."""
    remembered = remembered_port(folder)
    for port in (remembered, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            listener.close()
            continue
        remember_port(folder, listener.getsockname()[1])
        return listener
    raise OSError(f"No free port on {LOOPBACK}: neither {remembered} nor any other could be bound.")


def remembered_port(folder: Path) -> int:
    """The port that was used last; 0 when there was none."""
    path = folder / "port"
    return int(path.read_text()) if path.exists() else 0


def remember_port(folder: Path, port: int) -> None:
    """Keep the port, so that a restart is found under the same address."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text_durably(folder / "port", str(port))


def stop_event() -> threading.Event:
    """An event that SIGTERM and SIGINT set, in place of ending the process at once."""
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event
