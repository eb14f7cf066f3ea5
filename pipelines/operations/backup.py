"""Back up an installation while it runs, and restore it, here or in another folder.

A backup holds what cannot be made again: landed batches, the lake, what was quarantined and found, published
and delivered files, secrets, which builds there were, and a dump of the platform's database. Nearly all files
never change, so a second backup into the same folder copies only what is new. The logs of runs and Superset's
database are left out: the first are not missed, the second is made again from `dashboards/`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pipelines.installation.closed_home import CLOSED_FOLDER, make_home
from pipelines.installation.database_dump import dump_database, load_database
from pipelines.installation.durable_files import (
    make_durable_folder,
    sha256_of,
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
from pipelines.operations.backup_files import (
    KeptFile,
    copy_back,
    copy_new,
    damaged_files,
    forget_gone,
    kept_paths,
    read_listing,
    unchanged_files,
    write_listing,
)
from pipelines.operations.lost_files import lost_files
from pipelines.operations.secret_status import lost_secrets
from pipelines.settings import CITY_TIME, Settings

FILES, LISTING, DUMP, MARKER = "files", "files.csv", "platform.dump", "backup.json"
# Delivery decisions wait while the state is copied; reading goes on.
HOLD_DECISIONS = "lock table audit.ledger in exclusive mode"
FIRST_TABLE = "ops.batches"
# Where the last finished backup of a home is, and of when; in the home, and in no backup.
LAST_BACKUP = "last_backup.json"
BACKUP_LOCK = "backup"
MOST_NAMED = 10


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
    files_mended: int = 0


def back_up(settings: Settings, folder: Path, *, verify: bool = False) -> Backup:
    """Write or renew the backup of this installation in a folder.

    Most files are copied while everything runs. For the rest writers of the lake and decisions of the gate
    wait; pulls and readers do not. A backup that was interrupted is no backup: run it again.

    Args:
        verify: also read every file that is unchanged by size and time, here and there; a damaged copy is
            made anew.

    Raises:
        BackupError: the folder holds something else, or lies within the home; or files of the home were
            found damaged, and the backup is as it was.
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
        done, lost = _renew(settings, folder, verify=verify)
    noted = {"folder": str(folder), "taken_at": done.taken_at, "lost": lost}
    write_text_durably(settings.home / LAST_BACKUP, json.dumps(noted) + "\n", mode=0o600)
    return done


def restore(settings: Settings, folder: Path) -> Backup:
    """Make this home the installation that a backup holds; interrupted, it goes on when it is run again.

    Raises:
        BackupError: the backup is incomplete or damaged, or this home already holds an installation.
        DumpError: the database could not be filled; it is empty.
    """
    folder = folder.resolve()
    backup, kept = _checked(folder)
    make_home(settings.home)
    _refuse_installation(settings)
    for path in kept:
        copy_back(folder / FILES, settings.home, path)
    # Until here the database is empty, so a killed restore is seen as one.
    load_database(state_conninfo(settings), folder / DUMP)
    with connect_state(settings) as state:
        rewrite_paths(state, settings)
    prepare(settings)
    return backup


def _renew(settings: Settings, folder: Path, *, verify: bool) -> tuple[Backup, dict[str, int | None]]:
    """Renew the backup; returns also what the home has lost, with the size of its copy if there is one."""
    kept, listing_sha256 = _kept_before(folder)
    damaged = _damaged_copies(settings, folder, kept) if verify else []
    taken_at = datetime.now(CITY_TIME).isoformat(timespec="seconds")
    begun = Backup(str(settings.home), taken_at, is_complete=False, listing_sha256=listing_sha256)
    _write_marker(folder, begun)
    for path in damaged:
        (folder / FILES / path).unlink(missing_ok=True)
    lost = lost_files(settings, kept)
    spared = _last_copies(folder, kept, [*lost, *_lost_secrets(settings)])
    copied = copy_new(settings.home, folder / FILES, kept, spared)
    with writer_lock(settings), connect_state(settings) as state:
        state.execute(HOLD_DECISIONS)
        write_durably(folder / DUMP, lambda path: dump_database(state_conninfo(settings), path))
        copied += copy_new(settings.home, folder / FILES, kept, spared)
        present = {*kept_paths(settings.home), *spared}
    forget_gone(folder / FILES, present, kept)
    write_listing(folder / LISTING, kept)
    done = Backup(
        begun.home, begun.taken_at, True, len(kept), sum(file.size for file in kept.values()), copied,
        sha256_of(folder / DUMP), sha256_of(folder / LISTING), len(damaged),
    )  # fmt: skip
    _write_marker(folder, done)
    return done, {name: kept[name].size if Path(name) in spared else None for name in lost}


def _kept_before(folder: Path) -> tuple[dict[str, KeptFile], str]:
    """Return what the folder's last backup listed, and the listing's digest.

    Nothing if the listing is gone or damaged itself: every file is compared with its copy then.
    """
    if not (folder / MARKER).exists() or not (folder / LISTING).exists():
        return {}, ""
    digest = backup_in(folder).listing_sha256
    return (read_listing(folder / LISTING), digest) if sha256_of(folder / LISTING) == digest else ({}, "")


def _last_copies(folder: Path, kept: dict[str, KeptFile], lost: Collection[str]) -> set[Path]:
    """Return what is lost in the home and whole in the backup: these stay as they are."""
    return {Path(path) for path in lost if path in kept and kept[path].is_whole(folder / FILES / path)}


def _lost_secrets(settings: Settings) -> list[str]:
    return [f"{settings.secrets.name}/{name}" for name in lost_secrets(settings)]


def _damaged_copies(settings: Settings, folder: Path, kept: dict[str, KeptFile]) -> list[str]:
    """Return the damaged copies of files that are whole in the home.

    Raises:
        BackupError: a file of the home is damaged itself.
    """
    unchanged = unchanged_files(settings.home, kept)
    damaged = {path: kept[path] for path in damaged_files(settings.home, unchanged)}
    # What was written or removed while it was read is not damaged.
    if lost := list(unchanged_files(settings.home, damaged)):
        raise BackupError(
            f"{_counted(lost, len(kept))} of the home {settings.home} are damaged: nobody wrote them since "
            f"the last backup, and their content is another: {named(lost)}. Nothing was renewed; what the "
            f"backup holds is as it was. Put back what is whole in {folder / FILES}, or in another backup, "
            "below the same path, and run this again."
        )
    return damaged_files(folder / FILES, unchanged)


def _refuse_folder(settings: Settings, folder: Path) -> None:
    if folder.is_relative_to(settings.home):
        raise BackupError(
            f"{folder} lies within the home that it would keep. Choose a folder on another disk."
        )
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARKER).exists():
        raise BackupError(f"{folder} holds something else. Nothing was written; choose an empty folder.")
    if (other := backup_in(folder).home) != str(settings.home):
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


def _checked(folder: Path) -> tuple[Backup, dict[str, KeptFile]]:
    """Return what a complete and undamaged backup says of itself, and its files."""
    if not (folder / MARKER).exists():
        raise BackupError(f"{folder} holds no backup: there is no {MARKER}.")
    backup = backup_in(folder)
    if not backup.is_complete:
        raise BackupError(
            f"The backup in {folder}, begun {backup.taken_at}, was not finished. Run `brain backup` "
            "again, or restore from another folder."
        )
    for name, digest in ((DUMP, backup.dump_sha256), (LISTING, backup.listing_sha256)):
        if not (folder / name).exists() or sha256_of(folder / name) != digest:
            raise BackupError(f"{folder / name} is not what was backed up. Nothing was restored.")
    kept = read_listing(folder / LISTING)
    if damaged := damaged_files(folder / FILES, kept):
        raise BackupError(
            f"{_counted(damaged, len(kept))} of the backup in {folder} are missing, cut, changed or "
            f"unreadable: {named(damaged)}. Nothing was restored. Use another backup, or put them back from "
            f"one, below the same path. Where the home {backup.home} still is, `brain backup --verify "
            f"{folder}` there copies them anew."
        )
    return backup, kept


def _counted(paths: Collection[str], total: int) -> str:
    return f"{len(paths):,} of {total:,} files"


def named(paths: list[str]) -> str:
    """Return the first of these paths, and how many more there are."""
    more = f" and {len(paths) - MOST_NAMED:,} more" if len(paths) > MOST_NAMED else ""
    return ", ".join(paths[:MOST_NAMED]) + more


def backup_in(folder: Path) -> Backup:
    """Return what the backup in a folder says of itself.

    Raises:
        BackupError: it cannot be read.
    """
    try:
        return Backup(**json.loads((folder / MARKER).read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise BackupError(
            f"{folder / MARKER} is damaged, or of a newer release. Nothing was changed. Restore from another "
            "backup; to back up here again, empty the folder first."
        ) from None


def _write_marker(folder: Path, backup: Backup) -> None:
    write_text_durably(folder / MARKER, json.dumps(asdict(backup), indent=1) + "\n", mode=0o600)
