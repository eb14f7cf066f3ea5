"""Opening the lake: DuckLake tables on Parquet with a PostgreSQL catalog.

Readers attach read-only and never wait. There is one writer at a time, held by
a PostgreSQL advisory lock (`writer`), because concurrent maintenance and merges
are where DuckLake's open faults are.
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
# Loaded by the reader that needs it.
OPTIONAL_EXTENSIONS = ("mysql_scanner",)
WRITER_LOCK = "lake-writer"


def install_extensions(settings: Settings) -> Path:
    """Install DuckDB's extensions from their wheels; returns the folder they are in."""
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
    """An in-memory DuckDB with its resources bounded; who needs an extension loads it, which takes time."""
    install_extensions(settings)
    connection = duckdb.connect(
        config={
            "extension_directory": str(settings.extensions),
            "threads": settings.threads,
            "memory_limit": settings.memory_limit,
            # Blocks are kept for the next query until this closes: giving them back and asking again took 6 %
            # of the time of linking a city. dbt's connection, which stays open beside it, keeps none.
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
    """Make the lake known as `lake`, at a pinned snapshot if asked."""
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
    """A read-only connection to the lake; `lake` is the default database.

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
    """The one read-write connection; waits for its turn.

    Whoever writes every few seconds keeps a connection of `attach_for_writing` and hands it in as `attached`.

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
    """A read-write connection to the lake; nothing may be done with it outside of `writer`."""
    connection = open_engine(settings)
    attach_lake(connection, settings, read_only=False)
    connection.execute(f"use {LAKE}")
    return connection


@contextmanager
def writer_lock(settings: Settings, *, wait_seconds: float = LOCK_TIMEOUT_SECONDS) -> Iterator[None]:
    """The right to write the lake, for a child process such as dbt that attaches it itself."""
    with advisory_lock(settings, WRITER_LOCK, timeout_seconds=wait_seconds):
        yield


def current_snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    """The id of the newest snapshot that this connection sees."""
    row = connection.execute(f"select max(snapshot_id) from ducklake_snapshots('{LAKE}')").fetchone()
    return int(row[0])
