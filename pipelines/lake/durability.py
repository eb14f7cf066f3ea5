"""A dbt-duckdb plugin: files reach the disk before the catalog says they exist.

DuckLake commits its catalog without syncing the Parquet files that the commit
names. A hook of every model calls `sync_new_lake_files` inside the model's
transaction, so that after a power cut the catalog never points at a torn file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines.durable_files import sync

FUNCTION = "sync_new_lake_files"


class Plugin(BasePlugin):
    """Registers the function on dbt's connection."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Remember what is on disk already: it was synced when it was written."""
        self._folder = Path(plugin_config["lake_data"])
        self._synced = set(self._files(self._folder))

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Make the function callable; it has side effects, so it is never folded away."""
        conn.create_function(FUNCTION, self._sync, ["VARCHAR"], "BIGINT", side_effects=True)

    def _sync(self, schema: str) -> int:
        new = [path for path in self._files(self._folder / schema) if path not in self._synced]
        for path in [*new, *{path.parent for path in new}]:
            sync(path)
        self._synced.update(new)
        return len(new)

    @staticmethod
    def _files(folder: Path) -> list[Path]:
        return [path for path in folder.rglob("*.parquet") if path.is_file()]
