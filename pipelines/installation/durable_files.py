"""Files that survive a kill or power loss, complete or not at all: atomic renames, fsync, digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection
from pathlib import Path


def write_durably(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file and rename it to `path`; on return both content and name are on disk.

    Missing folders are created. If `write` fails, any existing file at `path` is unchanged.
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
    """Wait until a file's content, or a folder's entries, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_new_files(folder: Path, known: Collection[Path]) -> None:
    """Sync every Parquet file under `folder` that is not in `known`, and the folders that contain them."""
    new = set(folder.rglob("*.parquet")) - set(known)
    for path in [*new, *{path.parent for path in new}]:
        sync(path)


def make_durable_folder(folder: Path) -> None:
    """Create a folder and its missing parents, syncing each name to disk before the next."""
    if folder.is_dir():
        return
    make_durable_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
