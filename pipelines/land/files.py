"""Files that survive a crash whole or not at all, and where each batch's files lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path

from pipelines.settings import Settings

UNFINISHED = ".unfinished"
# Beyond so many values a dictionary saves no room and its look-ups cost more than all else of the writing;
# zstd's first level takes a tenth less time than its third, and a hundredth more room.
PARQUET = "format parquet, compression zstd, compression_level 1, dictionary_size_limit 2000"
GOOD, QUARANTINED, FINDINGS = "landing", "quarantine", "findings"
KINDS = (GOOD, QUARANTINED, FINDINGS)


def table_folder(settings: Settings, kind: str, system: str, table: str) -> Path:
    """Where a table's batches of one kind lie."""
    return settings.home / kind / system / table


def batch_file(settings: Settings, kind: str, system: str, table: str, batch_id: str) -> Path:
    """The one file of one kind that a batch may have."""
    return table_folder(settings, kind, system, table) / f"{batch_id}.parquet"


def write_durably(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary name, then make it the file, synced with its folder."""
    _make_folder(path.parent)
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    try:
        write(unfinished)
        sync(unfinished)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file's or folder's content is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_new_files(folder: Path, known: Collection[Path]) -> None:
    """Sync every Parquet file under a folder that was not there before, with the folders they lie in."""
    new = set(folder.rglob("*.parquet")) - set(known)
    for path in [*new, *{path.parent for path in new}]:
        sync(path)


def remove_orphans(settings: Settings, system: str, table: str, known: Collection[str]) -> list[Path]:
    """Delete what a killed pull left behind: files of batches that the manifest does not know.

    Only safe while the table's pull lock is held.
    """
    removed = []
    for kind in KINDS:
        for path in table_folder(settings, kind, system, table).glob("*"):
            if path.name.removesuffix(".parquet") not in known:
                path.unlink()
                removed.append(path)
    return removed


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)
