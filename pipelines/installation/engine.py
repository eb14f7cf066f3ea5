"""DuckDB as this installation runs it: extensions from their wheels, threads, memory, time zone."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.installation.package_folder import package_folder
from pipelines.settings import Settings

EXTENSIONS = ("ducklake", "postgres_scanner")
# Loaded on demand by the reader that needs it.
OPTIONAL_EXTENSIONS = ("mysql_scanner",)


def install_extensions(settings: Settings) -> Path:
    """Install DuckDB's extensions from their wheels; returns the folder that contains them."""
    settings.extensions.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"extension_directory": str(settings.extensions)}) as connection:
        installed = {
            name
            for (name,) in connection.execute(
                "select extension_name from duckdb_extensions() "
                "where installed and install_path <> '(BUILT-IN)'"
            ).fetchall()
        }
        for name in (*EXTENSIONS, *OPTIONAL_EXTENSIONS):
            if name not in installed:
                connection.execute(f"install '{_extension_file(name)}'")
    return settings.extensions


def _extension_file(name: str) -> Path:
    package = package_folder(f"duckdb_extension_{name}", f"duckdb-extension-{name}")
    return package / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def open_engine(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Return an in-memory DuckDB with bounded resources; callers load the extensions they need."""
    install_extensions(settings)
    connection = duckdb.connect(
        config={
            "extension_directory": str(settings.extensions),
            "threads": settings.threads,
            "memory_limit": settings.memory_limit,
            # Memory blocks are retained for the next query until this connection closes: releasing and
            # reallocating them took 6 % of the time of linking a city. dbt's connection, which stays open
            # beside it, retains none.
            "block_allocator_memory": settings.memory_limit,
            "temp_directory": str(settings.home / "tmp"),
            "autoinstall_known_extensions": False,
        }
    )
    connection.execute("set TimeZone = 'Asia/Shanghai'")
    connection.execute("set enable_progress_bar = false")
    return connection
