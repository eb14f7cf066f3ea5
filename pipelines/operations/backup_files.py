"""The files of a backup: which of a home's are kept, copying what is new, and whether they are still whole.

Each file's size, time of change and digest are listed. Size and time say whether a file has changed since it
was copied, so that an unchanged home is not read again; the digest says whether a copy is what was copied.
"""

from __future__ import annotations

import csv
import hashlib
import os
import sqlite3
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipelines.installation.durable_files import make_durable_folder, sha256_of, sync, write_durably
from pipelines.land.files import KINDS

FOLDERS = (*KINDS, "lake", "serving", "shares", "secrets")
# Which builds ended well decides which states of the lake are kept and may be asked for, and which automation
# was switched off stays so.
LIVE_DATABASES = ("dagster/runs.db", "dagster/schedules.db")
# The manifest of a simulated city says which day it is there.
SINGLE_FILES = ("simulator/manifest.json", *LIVE_DATABASES)
# The password of the home's own PostgreSQL, which is initialised anew by a restore.
LEFT_OUT = ("secrets/pgpass",)
BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class KeptFile:
    """A file as it was copied; a link by its target. Without a digest, from an old backup, by its size."""

    size: int
    mtime_ns: int
    sha256: str

    def is_unchanged(self, path: Path) -> bool:
        """Whether a file has the size and time that it had; false if it is gone."""
        try:
            found = path.lstat()
        except FileNotFoundError:
            return False
        return (found.st_size, found.st_mtime_ns) == (self.size, self.mtime_ns)

    def is_whole(self, path: Path) -> bool:
        """Whether a file's content is what was copied; false also if it is gone or cannot be read."""
        try:
            if path.lstat().st_size != self.size:
                return False
            return not self.sha256 or _digest(path) == self.sha256
        except OSError:
            return False


def kept_paths(root: Path) -> Iterator[Path]:
    """Yield the relative paths of what is kept; the names of unfinished files begin with a dot."""
    for name in FOLDERS:
        for path in sorted((root / name).rglob("*")):
            relative = path.relative_to(root)
            is_unfinished = any(part.startswith(".") for part in relative.parts)
            if (path.is_symlink() or path.is_file()) and not is_unfinished and str(relative) not in LEFT_OUT:
                yield relative
    yield from (Path(name) for name in SINGLE_FILES if (root / name).is_file())


def copy_new(home: Path, target: Path, kept: dict[str, KeptFile], spared: Collection[Path] = ()) -> int:
    """Copy what the backup lacks, nothing over those `spared`, and list it in `kept`; returns how many."""
    apart = {*map(Path, LIVE_DATABASES), *spared}
    ordinary = [path for path in kept_paths(home) if path not in apart]
    copied = sum(_copy_if_there(home, target, path, kept) for path in ordinary)
    for name in LIVE_DATABASES:
        if (home / name).exists():
            write_durably(target / name, partial(_write_database_copy, home / name))
            kept[name] = _as_it_is(target / name)
    return copied


def copy_back(root: Path, home: Path, path: str) -> None:
    """Copy a file of the backup into a home; one that a killed restore copied is left."""
    if not _is_same(root / path, home / path):
        _copy(root / path, home / path)


def forget_gone(root: Path, present: set[Path], kept: dict[str, KeptFile]) -> None:
    """Remove from the backup the files that the home no longer has."""
    for path in set(kept_paths(root)) - present:
        (root / path).unlink()
    for name in kept.keys() - {str(path) for path in present}:
        del kept[name]


def damaged_files(root: Path, kept: Mapping[str, KeptFile]) -> list[str]:
    """Return the listed files that are missing, cut, changed or unreadable; reads every one."""
    return sorted(path for path, file in kept.items() if not file.is_whole(root / path))


def unchanged_files(home: Path, kept: Mapping[str, KeptFile]) -> dict[str, KeptFile]:
    """Return the listed files that nobody has written in the home since, going by size and time."""
    return {
        path: file
        for path, file in kept.items()
        if path not in LIVE_DATABASES and file.is_unchanged(home / path)
    }


def write_listing(listing: Path, kept: Mapping[str, KeptFile]) -> None:
    """Write what the backup holds as CSV: path, size, time of change in nanoseconds, SHA-256."""

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = ((name, one.size, one.mtime_ns, one.sha256) for name, one in sorted(kept.items()))
            csv.writer(file).writerows(rows)

    write_durably(listing, write)


def read_listing(listing: Path) -> dict[str, KeptFile]:
    """Return what `write_listing` wrote; one of an earlier version has no times and digests."""
    with listing.open(encoding="utf-8", newline="") as file:
        return {path: _of_row(*rest) for path, *rest in csv.reader(file)}


def _of_row(size: str, mtime_ns: str = "0", sha256: str = "") -> KeptFile:
    return KeptFile(int(size), int(mtime_ns), sha256)


def _copy_if_there(home: Path, target: Path, path: Path, kept: dict[str, KeptFile]) -> bool:
    """Copy a file unless the same is there; false also if it has gone, since a used home lets go of files."""
    source, copy, name = home / path, target / path, str(path)
    try:
        is_same = _is_same(source, copy)
        if is_same and name in kept and kept[name].sha256 and kept[name].is_unchanged(source):
            return False
        if is_same and (found := _as_it_is(source)).is_whole(copy):
            # An interrupted backup copied it, and listed nothing.
            kept[name] = found
            return False
        kept[name] = _copy(source, copy)
    except FileNotFoundError:
        if source.is_symlink() or source.exists():
            raise
        return False
    return True


def _copy(source: Path, copy: Path) -> KeptFile:
    """Copy a file or link; returns what was read, from which what a disk makes of it later is told."""
    if source.is_symlink():
        _link(source.readlink(), copy)
        return _as_it_is(source)
    read: list[KeptFile] = []
    write_durably(copy, lambda unfinished: read.append(_write_copy(source, unfinished)))
    return read[0]


def _write_copy(source: Path, copy: Path) -> KeptFile:
    """Copy content, mode and times; a change of the source meanwhile shows in its time afterwards."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reading, copy.open("wb") as writing:
        found = os.fstat(reading.fileno())
        while block := reading.read(BLOCK_BYTES):
            digest.update(block)
            size += writing.write(block)
    copy.chmod(stat.S_IMODE(found.st_mode))
    os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))
    return KeptFile(size, found.st_mtime_ns, digest.hexdigest())


def _write_database_copy(source: Path, copy: Path) -> None:
    """Copy a SQLite database in use: what was committed last may not be in its file yet."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as written:
        live.backup(written)


def _link(destination: Path, target: Path) -> None:
    make_durable_folder(target.parent)
    unfinished = target.with_name(f".{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(destination)
    unfinished.replace(target)
    sync(target.parent)


def _as_it_is(path: Path) -> KeptFile:
    found = path.lstat()
    return KeptFile(found.st_size, found.st_mtime_ns, _digest(path))


def _digest(path: Path) -> str:
    if path.is_symlink():
        return hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
    return sha256_of(path)


def _is_same(source: Path, copy: Path) -> bool:
    if source.is_symlink() or copy.is_symlink():
        return source.is_symlink() and copy.is_symlink() and source.readlink() == copy.readlink()
    if not copy.exists():
        return False
    one, other = source.stat(), copy.stat()
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)
