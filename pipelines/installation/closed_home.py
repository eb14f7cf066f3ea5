"""Keep the home folder closed to other users of the machine, because its contents name people.

The home itself, and the folders on the path to a server that runs as its own user, may be
traversed, which PostgreSQL and MariaDB need where root starts them; nothing in them may be
listed or read. So a home has one user: what another wrote there, this one could not read.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from pathlib import Path

CLOSED_FOLDER = 0o700
PASSED_FOLDER = 0o711
CLOSED_FILE = 0o600
OPEN_BITS = stat.S_IRWXG | stat.S_IRWXO
# Owned by the server's own user where root started it; the server closes it itself.
DATABASE = "postgres"
SIMULATED_SOURCES = "simulator"
# What the first commands of a home make, each before anything that its owner would miss.
MADE_FIRST = ("secrets/pgpass", "extensions", "dagster", "logs")


class HomeOfAnotherUserError(PermissionError):
    """The home is another user's; nothing was written there."""


def make_home(home: Path) -> None:
    """Create the home if it does not exist; an existing one keeps its permissions."""
    if not home.exists():
        home.mkdir(parents=True)
        home.chmod(PASSED_FOLDER)


def refuse_other_user(home: Path) -> None:
    """Raise if the home is not this user's: a database that root started would lock its owner out.

    Raises:
        HomeOfAnotherUserError: says whose it is.
    """
    owners = set()
    for name in MADE_FIRST:
        with contextlib.suppress(FileNotFoundError, PermissionError):
            owners.add((home / name).stat().st_uid)
    for owner in owners - {os.geteuid()}:
        raise HomeOfAnotherUserError(
            f"The home {home} is of the user {_user(owner)}, and this command runs as {_user(os.geteuid())}: "
            f"what it wrote, {_user(owner)} could not read. Nothing was done. Run it as {_user(owner)}."
        )


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def keep_closed(home: Path) -> None:
    """Close existing files and folders, and set the umask for this process and its children."""
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
    # Files removed since the listing, or owned by another user, are not ours to close.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        found = path.stat()
        if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & OPEN_BITS != mode & OPEN_BITS:
            path.chmod(mode)
