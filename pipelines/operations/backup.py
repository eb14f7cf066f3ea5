"""Back up an installation while it runs, and restore it, here or in another folder.

A backup holds what cannot be made again: landed batches, the lake, what was quarantined and found, published
and delivered files, secrets, which builds there were, and a dump of the platform's database. Nearly all files
never change, so a second backup into the same folder copies only what is new. The logs of runs and Superset's
database are left out: the first are not missed, the second is made again from `dashboards/`.
"""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from pipelines.installation.closed_home import CLOSED_FOLDER, make_home
from pipelines.installation.database_dump import dump_database, load_database
from pipelines.installation.durable_files import (
    make_durable_folder,
    sha256_of,
    sync,
    write_durably,
    write_text_durably,
)
from pipelines.installation.one_row import one_value
from pipelines.installation.state import (
    DATABASE,
    advisory_lock,
    connect_state,
    embedded_server,
    prepare,
    state_conninfo,
)
from pipelines.lake.catalog import rewrite_paths
from pipelines.lake.connection import writer_lock
from pipelines.land.files import KINDS
from pipelines.settings import CITY_TIME, Settings

FOLDERS = (*KINDS, "lake", "serving", "shares", "secrets")
# Which builds ended well decides which states of the lake are kept and may be asked for, and which automation
# was switched off stays so.
LIVE_DATABASES = ("dagster/runs.db", "dagster/schedules.db")
# The manifest of a simulated city says which day it is there.
SINGLE_FILES = ("simulator/manifest.json", *LIVE_DATABASES)
# The password of the home's own PostgreSQL, which is initialised anew by a restore.
LEFT_OUT = ("secrets/pgpass",)
FILES, LISTING, DUMP, MARKER = "files", "files.csv", "platform.dump", "backup.json"
# Delivery decisions wait while the state is copied; reading goes on.
HOLD_DECISIONS = "lock table audit.ledger in exclusive mode"
FIRST_TABLE = "ops.batches"
BACKUP_LOCK = "backup"


class BackupError(RuntimeError):
    """The folder cannot be used for this; what it and the home hold is unchanged."""


@dataclass(frozen=True)
class Backup:
    """What a folder holds: whose state, of which moment, and the digests by which it is checked."""

    home: str
    taken_at: str
    is_complete: bool
    files: int = 0
    bytes: int = 0
    files_copied: int = 0
    dump_sha256: str = ""
    listing_sha256: str = ""


def back_up(settings: Settings, folder: Path) -> Backup:
    """Write or renew the backup of this installation in a folder.

    Most files are copied while everything runs. For the rest writers of the lake and decisions of the gate
    wait; pulls and readers do not. A backup that was interrupted is no backup: run it again.

    Raises:
        BackupError: the folder holds something else, or lies within the home.
        DumpError: the database could not be dumped; the folder is marked as incomplete.
        PlatformDatabaseError: this home has not been set up; nothing was written.
        TimeoutError: the lake was being written, or another backup taken, for too long.
    """
    folder = folder.resolve()
    _refuse_folder(settings, folder)
    connect_state(settings).close()
    make_durable_folder(folder)
    folder.chmod(CLOSED_FOLDER)
    with advisory_lock(settings, BACKUP_LOCK):
        return _renew(settings, folder)


def restore(settings: Settings, folder: Path) -> Backup:
    """Make this home the installation that a backup holds; interrupted, it goes on when it is run again.

    Raises:
        BackupError: the backup is incomplete or damaged, or this home already holds an installation.
        DumpError: the database could not be filled; it is empty.
    """
    folder = folder.resolve()
    backup = _checked(folder)
    make_home(settings.home)
    _refuse_installation(settings)
    for path in _files(folder / FILES):
        _copy(folder / FILES / path, settings.home / path)
    # Until here the database is empty, so a killed restore is seen as one.
    load_database(state_conninfo(settings), folder / DUMP)
    with connect_state(settings) as state:
        rewrite_paths(state, settings)
    prepare(settings)
    return backup


def _renew(settings: Settings, folder: Path) -> Backup:
    begun = Backup(
        str(settings.home), datetime.now(CITY_TIME).isoformat(timespec="seconds"), is_complete=False
    )
    _write_marker(folder, begun)
    copied = _copy_new(settings.home, folder / FILES)
    with writer_lock(settings), connect_state(settings) as state:
        state.execute(HOLD_DECISIONS)
        write_durably(folder / DUMP, lambda path: dump_database(state_conninfo(settings), path))
        copied += _copy_new(settings.home, folder / FILES)
        present = set(_files(settings.home))
    _prune(folder / FILES, present)
    listed = _write_listing(folder)
    done = Backup(
        begun.home, begun.taken_at, True, len(listed), sum(listed.values()), copied,
        sha256_of(folder / DUMP), sha256_of(folder / LISTING),
    )  # fmt: skip
    _write_marker(folder, done)
    return done


def _refuse_folder(settings: Settings, folder: Path) -> None:
    if folder.is_relative_to(settings.home):
        raise BackupError(
            f"{folder} lies within the home that it would keep. Choose a folder on another disk."
        )
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARKER).exists():
        raise BackupError(f"{folder} holds something else. Nothing was written; choose an empty folder.")
    if (other := _marker(folder).home) != str(settings.home):
        raise BackupError(
            f"{folder} holds the backup of {other}. Nothing was written; choose another folder."
        )


def _refuse_installation(settings: Settings) -> None:
    if settings.database_url is None:
        embedded_server(settings).start()
        embedded_server(settings).create_database(DATABASE)
    with connect_state(settings) as state:
        if one_value(state.execute("select to_regclass(%s)", [FIRST_TABLE])) is not None:
            raise BackupError(
                f"The home {settings.home} holds an installation. Nothing was changed. Restore into a "
                "new one: set BRAIN_HOME to a folder that does not exist."
            )


def _checked(folder: Path) -> Backup:
    """Return what a complete and undamaged backup says of itself."""
    if not (folder / MARKER).exists():
        raise BackupError(f"{folder} holds no backup: there is no {MARKER}.")
    backup = _marker(folder)
    if not backup.is_complete:
        raise BackupError(
            f"The backup in {folder}, begun {backup.taken_at}, was not finished. Run `brain backup` "
            "again, or restore from another folder."
        )
    for name, digest in ((DUMP, backup.dump_sha256), (LISTING, backup.listing_sha256)):
        if not (folder / name).exists() or sha256_of(folder / name) != digest:
            raise BackupError(f"{folder / name} is not what was backed up. Nothing was restored.")
    listed = _listing(folder)
    present = {str(path): _size(folder / FILES / path) for path in _files(folder / FILES)}
    if damaged := sorted(path for path, size in listed.items() if present.get(path) != size):
        raise BackupError(
            f"{len(damaged)} of {len(listed)} files of the backup in {folder} are missing or cut, the "
            f"first is {damaged[0]}. Nothing was restored; use another backup."
        )
    return backup


def _files(root: Path) -> Iterator[Path]:
    """Yield the relative paths of what is kept; the names of unfinished files begin with a dot."""
    for name in FOLDERS:
        for path in sorted((root / name).rglob("*")):
            relative = path.relative_to(root)
            is_unfinished = any(part.startswith(".") for part in relative.parts)
            if (path.is_symlink() or path.is_file()) and not is_unfinished and str(relative) not in LEFT_OUT:
                yield relative
    yield from (Path(name) for name in SINGLE_FILES if (root / name).is_file())


def _copy_new(home: Path, target: Path) -> int:
    """Copy what the backup lacks; returns the number of files."""
    ordinary = [path for path in _files(home) if str(path) not in LIVE_DATABASES]
    copied = sum(_copy_if_there(home / path, target / path) for path in ordinary)
    for name in LIVE_DATABASES:
        if (home / name).exists():
            write_durably(target / name, partial(_write_database_copy, home / name))
    return copied


def _copy_if_there(source: Path, target: Path) -> bool:
    """Copy as `_copy` does; false if the file has gone, since a home that is used lets go of files."""
    try:
        return _copy(source, target)
    except FileNotFoundError:
        if source.is_symlink() or source.exists():
            raise
        return False


def _copy(source: Path, target: Path) -> bool:
    """Copy a file or link; false if the same is there already."""
    if _is_same(source, target):
        return False
    if source.is_symlink():
        _link(source.readlink(), target)
    else:
        write_durably(target, partial(_write_copy, source))
    return True


def _write_database_copy(source: Path, target: Path) -> None:
    """Copy a SQLite database in use: what was committed last may not be in its file yet."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


def _write_copy(source: Path, target: Path) -> None:
    shutil.copy2(source, target)


def _link(destination: Path, target: Path) -> None:
    make_durable_folder(target.parent)
    unfinished = target.with_name(f".{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(destination)
    unfinished.replace(target)
    sync(target.parent)


def _is_same(source: Path, target: Path) -> bool:
    if source.is_symlink() or target.is_symlink():
        return source.is_symlink() and target.is_symlink() and source.readlink() == target.readlink()
    if not target.exists():
        return False
    one, other = source.stat(), target.stat()
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _prune(root: Path, present: set[Path]) -> None:
    for path in set(_files(root)) - present:
        (root / path).unlink()


def _write_listing(folder: Path) -> dict[str, int]:
    listed = {str(path): _size(folder / FILES / path) for path in _files(folder / FILES)}

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(listed.items())

    write_durably(folder / LISTING, write)
    return listed


def _listing(folder: Path) -> dict[str, int]:
    with (folder / LISTING).open(encoding="utf-8", newline="") as file:
        return {path: int(size) for path, size in csv.reader(file)}


def _size(path: Path) -> int:
    return path.lstat().st_size


def _marker(folder: Path) -> Backup:
    return Backup(**json.loads((folder / MARKER).read_text(encoding="utf-8")))


def _write_marker(folder: Path, backup: Backup) -> None:
    write_text_durably(folder / MARKER, json.dumps(asdict(backup), indent=1) + "\n", mode=0o600)
