"""The loopback port of each server: a free one is chosen once and remembered for later starts."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path

from pipelines.installation import processes
from pipelines.installation.durable_files import write_text_durably
from pipelines.settings import Settings

LOOPBACK = "127.0.0.1"
# Number of ports tried from the preferred one before the system chooses any.
TRIED = 20


def choose_port(settings: Settings, name: str, preferred: int) -> int:
    """Return the port for a server: the remembered one, else the first free one from `preferred` on."""
    remembered = known_port(settings, name)
    if remembered and (processes.is_running(settings, name) or _is_free(remembered)):
        return remembered
    chosen = _first_free(range(preferred, preferred + TRIED))
    file = _file(settings)
    write_text_durably(file, json.dumps(_known(file) | {name: chosen}))
    return chosen


def known_port(settings: Settings, name: str) -> int | None:
    """Return the port last assigned to a server; None if it was never started here."""
    return _known(_file(settings)).get(name)


def _file(settings: Settings) -> Path:
    return settings.home / "run" / "ports.json"


def _known(file: Path) -> dict[str, int]:
    return json.loads(file.read_text()) if file.exists() else {}


def _first_free(candidates: Iterable[int]) -> int:
    for port in candidates:
        if _is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
