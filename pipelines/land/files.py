"""The paths of each batch's files, their format, and the removal of files that a killed pull left behind."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pipelines.settings import Settings

# Beyond this many values a dictionary saves no space, and its look-ups cost more than the rest of the write;
# zstd level 1 takes a tenth less time than level 3, and a hundredth more space.
PARQUET = "format parquet, compression zstd, compression_level 1, dictionary_size_limit 2000"
GOOD, QUARANTINED, FINDINGS = "landing", "quarantine", "findings"
KINDS = (GOOD, QUARANTINED, FINDINGS)


def table_folder(settings: Settings, kind: str, system: str, table: str) -> Path:
    """Return the folder of a table's batches of one kind."""
    return settings.home / kind / system / table


def batch_file(settings: Settings, kind: str, system: str, table: str, batch_id: str) -> Path:
    """Return the path of a batch's only file of one kind."""
    return table_folder(settings, kind, system, table) / f"{batch_id}.parquet"


def remove_orphans(settings: Settings, system: str, table: str, known: Collection[str]) -> list[Path]:
    """Delete files that a killed pull left behind: those of batches unknown to the manifest.

    Only safe while the table's pull lock is held.
    """
    removed = []
    for kind in KINDS:
        for path in table_folder(settings, kind, system, table).glob("*"):
            if path.name.removesuffix(".parquet") not in known:
                path.unlink()
                removed.append(path)
    return removed
