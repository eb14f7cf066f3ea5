"""Common tasks of every served system's process: choose a port, publish the endpoint, stop on a signal.

Files are replaced atomically and synced, so that a kill leaves either the old or the new one.
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

from pipelines.installation.durable_files import write_text_durably

LOOPBACK = "127.0.0.1"


def endpoint_file(home: Path, system: str) -> Path:
    """Return the file in which the platform finds a system's address and credentials."""
    return home / "secrets" / "sources" / f"{system}.json"


def read_endpoint(home: Path, system: str) -> dict[str, str]:
    """Return the endpoint as last written; empty before the first start."""
    path = endpoint_file(home, system)
    return json.loads(path.read_text()) if path.exists() else {}


def write_endpoint(home: Path, system: str, endpoint: dict[str, str]) -> None:
    """Write the system's endpoint for the platform; readable by its owner only."""
    path = endpoint_file(home, system)
    for folder in (home / "secrets", path.parent):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    write_text_durably(path, json.dumps(endpoint, indent=2), mode=0o600)


@contextmanager
def pid_file(home: Path, system: str) -> Iterator[None]:
    """Hold `run/<system>.pid`; its start time distinguishes this process from a later one with that id."""
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
    """Return a bound loopback socket, on the previous port if it is still free."""
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
    """Return the last used port; 0 if there was none."""
    path = folder / "port"
    return int(path.read_text()) if path.exists() else 0


def remember_port(folder: Path, port: int) -> None:
    """Save the port, so that a restart uses the same address."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text_durably(folder / "port", str(port))


def stop_event() -> threading.Event:
    """Return an event set by SIGTERM and SIGINT, instead of terminating the process immediately."""
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event
