"""A dbt-duckdb plugin that makes files durable before the catalog refers to them.

DuckLake commits its catalog without an fsync of the Parquet files that the commit references. A hook in every
model calls `sync_new_lake_files` inside the model's transaction, so that after a power failure the catalog
never refers to a torn file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines.installation.durable_files import sync

FUNCTION = "sync_new_lake_files"


class Plugin(BasePlugin):
    """Registers the function on dbt's connection."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Record the files already on disk, which were synced when they were written."""
        self._folder = Path(plugin_config["lake_data"])
        self._synced = set(self._files(self._folder))

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the function as having side effects, so that it is never constant-folded."""
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
