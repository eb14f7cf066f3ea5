"""The home is closed to other users of the machine: what is in it names people.

The home itself, and the folders on the way to a server that runs as a user of its own, may be
passed through, which PostgreSQL and MariaDB need where root starts them; nothing in them may be
listed or read.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

CLOSED_FOLDER = 0o700
PASSED_FOLDER = 0o711
CLOSED_FILE = 0o600
OPEN_BITS = stat.S_IRWXG | stat.S_IRWXO
# Of a server's own user, where root started it; closed by the server itself.
DATABASE = "postgres"
SIMULATED_SOURCES = "simulator"


def make_home(home: Path) -> None:
    """Create the home, unless it is there; an own one keeps the rights that its owner gave it."""
    if not home.exists():
        home.mkdir(parents=True)
        home.chmod(PASSED_FOLDER)


def keep_closed(home: Path) -> None:
    """Close what is there, and whatever this process and those that it starts will write."""
    os.umask(OPEN_BITS)
    for path in _inside(home):
        if path.name == SIMULATED_SOURCES:
            _close_sources(path)
        elif path.name != DATABASE:
            _close(path)


def _close_sources(folder: Path) -> None:
    _set_mode(folder, PASSED_FOLDER)
    for path in _inside(folder):
        if not path.is_dir():
            _close(path)
            continue
        _set_mode(path, PASSED_FOLDER)
        for part in _inside(path):
            _close(part)


def _close(path: Path) -> None:
    _set_mode(path, CLOSED_FOLDER if path.is_dir() else CLOSED_FILE)


def _inside(folder: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError, PermissionError):
        return [path for path in folder.iterdir() if not path.is_symlink()]
    return []


def _set_mode(path: Path, mode: int) -> None:
    # What is gone since it was listed, or is another user's, is not ours to close.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        found = path.stat()
        if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & OPEN_BITS != mode & OPEN_BITS:
            path.chmod(mode)
