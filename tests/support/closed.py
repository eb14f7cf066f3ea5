"""What another user of the machine could read in a home."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def readable_by_others(home: Path) -> list[str]:
    """Files and folders whose names and content are open, by way of folders that let others pass."""
    found = []
    for folder, folders, files in os.walk(home):
        inside = [Path(folder) / name for name in (*folders, *files)]
        modes = {path: path.lstat().st_mode for path in inside if not path.is_symlink()}
        found += [str(path.relative_to(home)) for path, mode in modes.items() if _is_read(mode)]
        folders[:] = [name for name in folders if modes.get(Path(folder) / name, 0) & stat.S_IXOTH]
    return found


def _is_read(mode: int) -> bool:
    return bool(mode & stat.S_IROTH) and (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
