"""Report where this home's newest backup is, how old it is, and whether it is still one.

Machine time counts: a backup ages also where the city's day stands still.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.installation.state import advisory_lock
from pipelines.operations.backup import (
    BACKUP_LOCK,
    FILES,
    LAST_BACKUP,
    MARKER,
    Backup,
    BackupError,
    backup_in,
    named,
)
from pipelines.settings import Settings

OLD_AFTER = timedelta(days=7)
FINISHED, UNFINISHED, UNDER_WAY, NOT_FOUND = "finished", "not finished", "being renewed", "not found"
UNREADABLE = "unreadable"
OF_ANOTHER = "of "


def backup_status(settings: Settings) -> list[dict[str, Any]]:
    """Return the last backup that this home finished; nothing if there was none."""
    if (noted := _noted(settings)) is None:
        return []
    taken_at = datetime.fromisoformat(noted["taken_at"])
    return [
        {
            "folder": noted["folder"],
            "taken_at": taken_at,
            "days_old": (datetime.now(UTC) - taken_at).days,
            "state": _state(settings, Path(noted["folder"])),
        }
    ]


def backup_problems(backups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a last backup that cannot be restored or renewed any more, or that is old."""
    return [
        {"where": "backup", "what": told[0], "what_to_do": told[1]}
        for row in backups
        if (told := _problem(row))
    ]


def lost_file_problems(settings: Settings) -> list[dict[str, Any]]:
    """Return what the last backup missed in the home and is not back, and where its copies are."""
    if (noted := _noted(settings)) is None:
        return []
    lost = {
        name: size for name, size in noted.get("lost", {}).items() if _is_lost(settings.home / name, size)
    }
    with_copy = [name for name, size in lost.items() if size is not None]
    without = [name for name, size in lost.items() if size is None]
    copies = (
        f"Put them back from {noted['folder']}/{FILES}, below the same path, which keeps them until then."
    )
    return [
        {
            "where": "files",
            "what": f"{len(names):,} are gone or cut that the last backup {has}: {named(names)}",
            "what_to_do": what_to_do,
        }
        for names, has, what_to_do in (
            (with_copy, "holds", copies),
            (without, "has no copy of", "Put them back from an earlier backup, below the same path."),
        )
        if names
    ]


def _noted(settings: Settings) -> dict[str, Any] | None:
    """Return what was noted of the last backup; None if there is none, or a disk damaged the note."""
    try:
        noted = json.loads((settings.home / LAST_BACKUP).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return noted if isinstance(noted, dict) else None


def _is_lost(path: Path, size: int | None) -> bool:
    return not path.exists() or (size is not None and path.stat().st_size != size)


def _problem(row: dict[str, Any]) -> tuple[str, str] | None:
    renew = f"`brain backup {row['folder']}` renews it."
    if row["state"] == UNFINISHED:
        return "the last one was begun anew and not finished: it cannot be restored", renew
    if row["state"] == UNREADABLE:
        what = f"what {row['folder']}/{MARKER} says cannot be read: the last one cannot be restored"
        return what, "`brain backup` into another folder, or into this one after it was emptied."
    if row["state"].startswith(OF_ANOTHER):
        other = row["state"].removeprefix(OF_ANOTHER)
        return f"the last one is of {other}, where this home was", "`brain backup` into another folder."
    if row["days_old"] >= OLD_AFTER.days and row["state"] != UNDER_WAY:
        return f"the last one is {row['days_old']} days old", renew
    return None


def _state(settings: Settings, folder: Path) -> str:
    """Return what the folder says of itself; a disk that is away holds its backup all the same."""
    try:
        backup = _found(folder)
    except BackupError:
        return UNREADABLE
    if backup is None:
        return NOT_FOUND
    if backup.home != str(settings.home):
        return f"{OF_ANOTHER}{backup.home}"
    if backup.is_complete:
        return FINISHED
    try:
        with advisory_lock(settings, BACKUP_LOCK, timeout_seconds=0):
            return UNFINISHED
    except TimeoutError:
        return UNDER_WAY


def _found(folder: Path) -> Backup | None:
    try:
        return backup_in(folder) if (folder / MARKER).exists() else None
    except OSError:
        return None
