"""Inspect a workbook as a zip archive before any parser opens it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from pipelines.extract.files.job import RefusedFileError
from pipelines.extract.files.limits import Limits

OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")
ZIP = b"PK\x03\x04"
FORBIDDEN = {
    "vbaproject.bin": "it holds macros",
    "externallinks/": "it links to other workbooks",
    "activex/": "it holds controls that run code",
    "embeddings/": "it holds embedded objects",
    "connections.xml": "it connects to other data",
}
CHUNK_BYTES = 1 << 20
# Matches one or two bytes per character, since a part may be encoded as UTF-16.
_DECLARATION = re.compile(rb"<\0?!\0?(D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)", re.IGNORECASE)
_OVERLAP_BYTES = 32


def check_archive(path: Path, limits: Limits) -> None:
    """Refuse a file that is not a plain workbook or would unpack to more than the limits.

    Raises:
        RefusedFileError: names the part and the reason.
    """
    with path.open("rb") as file:
        start = file.read(len(OLD_OFFICE))
    if start == OLD_OFFICE:
        raise RefusedFileError("file_encrypted", "it is protected by a password or in the format before 2007")
    if not start.startswith(ZIP):
        raise RefusedFileError("file_unreadable", "it is not a workbook (.xlsx)")
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(archive.infolist(), limits)
            _check_content(archive, limits)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise RefusedFileError(
            "file_incomplete", "its archive is damaged: the upload was cut off or the file was changed"
        ) from None


def _check_entries(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.archive_entries:
        raise RefusedFileError(
            "file_hostile", f"it has {len(entries)} parts; {limits.archive_entries} are allowed"
        )
    for entry in entries:
        name = entry.filename.casefold()
        for part, reason in FORBIDDEN.items():
            if part in name:
                raise RefusedFileError("file_hostile", reason)
        if name.startswith("/") or ".." in name.split("/"):
            raise RefusedFileError("file_hostile", "a part of it names a folder outside of it")
        if entry.flag_bits & 1:
            raise RefusedFileError("file_encrypted", "a part of it is encrypted")
        is_large = entry.file_size > limits.packed_ratio_from_bytes
        if is_large and entry.file_size > limits.packed_ratio * max(entry.compress_size, 1):
            raise RefusedFileError(
                "file_hostile", f"a part of it unpacks to more than {limits.packed_ratio} times its size"
            )


def _check_content(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Unpack every part once and count bytes, since an archive's declared sizes may be false."""
    left = limits.unpacked_bytes
    for entry in archive.infolist():
        is_xml = entry.filename.casefold().endswith((".xml", ".rels", ".vml"))
        overlap = b""
        with archive.open(entry) as part:
            while chunk := part.read(CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise RefusedFileError(
                        "file_hostile", f"unpacked it has more than {limits.unpacked_bytes >> 20} MB"
                    )
                if is_xml and _DECLARATION.search(overlap + chunk):
                    raise RefusedFileError("file_hostile", "a part of it declares a DTD or entities")
                overlap = chunk[-_OVERLAP_BYTES:]
