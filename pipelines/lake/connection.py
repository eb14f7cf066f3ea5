"""Connections to the lake: DuckLake tables on Parquet with a PostgreSQL catalog.

Readers attach read-only and never wait. A PostgreSQL advisory lock (`writer`) admits one writer at a time,
because DuckLake's open bugs concern concurrent maintenance and merges.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.lake.state import LOCK_TIMEOUT_SECONDS, advisory_lock, connect_state, state_conninfo
from pipelines.settings import Settings

CATALOG_SCHEMA = "ducklake"
LAKE = "lake"
EXTENSIONS = ("ducklake", "postgres_scanner")
# Loaded on demand by the reader that needs it.
OPTIONAL_EXTENSIONS = ("mysql_scanner",)
WRITER_LOCK = "lake-writer"


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
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError(f"The package duckdb-extension-{name} is not installed; run `make setup`.")
    folder = Path(package.submodule_search_locations[0]) / "extensions" / f"v{duckdb.__version__}"
    return folder / f"{name}.duckdb_extension"


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


def attach_lake(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    read_only: bool,
    snapshot: int | None = None,
) -> None:
    """Attach the lake as `lake`, optionally pinned to a snapshot."""
    options = [
        f"data_path '{settings.lake_data}/'",
        f"metadata_schema '{CATALOG_SCHEMA}'",
        "data_inlining_row_limit 0",
    ]
    if read_only:
        options.append("read_only")
    if snapshot is not None:
        options.append(f"snapshot_version {int(snapshot)}")
    for name in EXTENSIONS:
        connection.execute(f"load {name}")
    connection.execute(
        f"attach 'ducklake:postgres:{state_conninfo(settings)}' as {LAKE} ({', '.join(options)})"
    )


@contextmanager
def reader(settings: Settings, *, snapshot: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a read-only connection to the lake, with `lake` as its default database.

    Raises:
        PlatformDatabaseError: the platform's database does not answer.
    """
    connect_state(settings).close()
    with open_engine(settings) as connection:
        attach_lake(connection, settings, read_only=True, snapshot=snapshot)
        connection.execute(f"use {LAKE}")
        yield connection


@contextmanager
def writer(
    settings: Settings,
    *,
    wait_seconds: float = LOCK_TIMEOUT_SECONDS,
    attached: duckdb.DuckDBPyConnection | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Hold the writer lock and yield the read-write connection.

    A caller that writes every few seconds keeps a connection of `attach_for_writing` and passes it as
    `attached`.

    Raises:
        TimeoutError: another writer held the lake for longer than `wait_seconds`.
    """
    with writer_lock(settings, wait_seconds=wait_seconds):
        if attached is not None:
            yield attached
            return
        with attach_for_writing(settings) as connection:
            yield connection


def attach_for_writing(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Return a read-write connection to the lake; use it only inside `writer`."""
    connection = open_engine(settings)
    attach_lake(connection, settings, read_only=False)
    connection.execute(f"use {LAKE}")
    return connection


@contextmanager
def writer_lock(settings: Settings, *, wait_seconds: float = LOCK_TIMEOUT_SECONDS) -> Iterator[None]:
    """Hold the lake's writer lock, for a child process such as dbt that attaches the lake itself."""
    with advisory_lock(settings, WRITER_LOCK, timeout_seconds=wait_seconds):
        yield


def current_snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the id of the newest snapshot visible to this connection."""
    row = connection.execute(f"select max(snapshot_id) from ducklake_snapshots('{LAKE}')").fetchone()
    return int(row[0])
