"""Where each batch's files lie, how they are written, and what a killed pull left of them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pipelines.settings import Settings

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
