"""Files that survive a kill and a power cut, whole or not at all: atomic renames, fsync, digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection
from pathlib import Path


def write_durably(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file and rename it to `path`; on return both content and name are on disk.

    Missing folders are made. If `write` fails, what was at `path` before stays.
    """
    make_durable_folder(path.parent)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        write(unfinished)
        sync(unfinished)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync(path.parent)


def write_text_durably(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace a small text file as `write_durably` does; its content is never readable beyond `mode`."""

    def write(unfinished: Path) -> None:
        unfinished.unlink(missing_ok=True)
        with os.fdopen(
            os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_EXCL, mode), "w", encoding="utf-8"
        ) as file:
            file.write(text)

    write_durably(path, write)


def sync(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, are on disk."""
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


def make_durable_folder(folder: Path) -> None:
    """Make a folder and its missing parents, each name on disk before the next."""
    if folder.is_dir():
        return
    make_durable_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
