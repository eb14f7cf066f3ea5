"""The files of the dbt project: modification time and content digest.

Also a dbt-duckdb plugin by which models check whether the project has changed since they were built.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

PROJECT_FILES = {".sql", ".yml", ".yaml", ".csv", ".md"}
FUNCTION = "project_digest"


class Plugin(BasePlugin):
    """Registers `project_digest()` on dbt's connection."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Store the project folder."""
        self._project = Path(plugin_config["project"])

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Make the function callable."""
        conn.create_function(FUNCTION, lambda: project_digest(self._project), [], "VARCHAR")


def newest_project_file(project: Path) -> float:
    """Return when a file of the dbt project was last modified, in seconds since 1970."""
    return max(path.stat().st_mtime for path in _files(project))


def project_digest(project: Path) -> str:
    """Return a digest of the project's files: models, macros, seeds and generated sources."""
    return _digest(project, tuple((path, path.stat().st_mtime_ns) for path in sorted(_files(project))))


@lru_cache(maxsize=1)
def _digest(project: Path, files: tuple[tuple[Path, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _ in files:
        digest.update(f"{path.relative_to(project)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(project: Path) -> Iterator[Path]:
    return (path for path in project.rglob("*") if path.suffix in PROJECT_FILES)
