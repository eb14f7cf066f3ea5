"""Tell a full or inaccessible disk from other faults, whichever library reports it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.extract.errors import StorageFullError

_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)
_WORDS = (
    "No space left",
    "File too large",
    "Disk quota",
    "Read-only file system",
    "Could not write",
    "max_temp_directory",
)


@contextmanager
def storage_errors(table: str, home: Path) -> Iterator[None]:
    """Re-raise errors that mean "no room" as `StorageFullError`; all others propagate unchanged.

    Raises:
        StorageFullError: names the folder and how to continue.
    """
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if not _is_storage(error):
            raise
        reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise StorageFullError(
            f"The batch of {table} could not be written under {home}: {reason}.",
            next_step="Make room there (or correct its permissions) and pull again.",
        ) from None


def _is_storage(error: OSError | duckdb.Error) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NUMBERS
    return any(word in str(error) for word in _WORDS)
