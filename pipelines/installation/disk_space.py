"""Say that the disk of the home is full, since what fails then rarely says so itself."""

from __future__ import annotations

import shutil
from pathlib import Path

# A database that still finds a few blocks fails all the same.
FULL_BELOW_BYTES = 100 * 10**6
NOTHING_LEFT_BYTES = 10 * 10**6


def full_disk(home: Path) -> str | None:
    """Return a sentence if the file system of the home has almost no space left."""
    try:
        free = shutil.disk_usage(home).free
    except OSError:
        return None
    if free >= FULL_BELOW_BYTES:
        return None
    full = "full" if free < NOTHING_LEFT_BYTES else "almost full"
    return (
        f"The disk that holds {home} is {full} ({free / 10**6:.0f} MB free): free space and run the command "
        "again; what was complete is kept."
    )
