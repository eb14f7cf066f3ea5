"""Connections to the lake: DuckLake tables on Parquet with a PostgreSQL catalog.

Readers attach read-only and never wait. A PostgreSQL advisory lock (`writer`) admits one writer at a time,
because DuckLake's open bugs concern concurrent maintenance and merges.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from pipelines.installation.engine import EXTENSIONS, open_engine
from pipelines.installation.one_row import one_value
from pipelines.installation.state import LOCK_TIMEOUT_SECONDS, advisory_lock, state_conninfo
from pipelines.lake.catalog import CATALOG_SCHEMA, NoLakeError, follow_home
from pipelines.settings import Settings

LAKE = "lake"
WRITER_LOCK = "lake-writer"


def attach_lake(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    read_only: bool,
    snapshot: int | None = None,
) -> None:
    """Attach the lake as `lake`, optionally pinned to a snapshot.

    Raises:
        NoLakeError: it is to be read, and nothing has been pulled yet.
        MovedLakeError: the catalog describes the files of another installation.
        PlatformDatabaseError: the platform's database does not answer.
    """
    if not follow_home(settings) and read_only:
        raise NoLakeError(
            f"Nothing has been pulled yet: there is no lake in {settings.home}. Nothing was done. "
            "Run `brain pull`."
        )
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
        NoLakeError: nothing has been pulled yet.
        PlatformDatabaseError: the platform's database does not answer.
    """
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
    return int(one_value(connection.execute(f"select max(snapshot_id) from ducklake_snapshots('{LAKE}')")))
