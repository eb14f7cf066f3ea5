"""Compact the tables that gain a small file with every batch.

A merged file still serves every snapshot that its parts did. The files of landed batches are kept: the
manifest refers to them, and `retention` never deletes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from pipelines.contracts import SourceContract
from pipelines.installation.durable_files import sync_new_files
from pipelines.lake.connection import LAKE, writer
from pipelines.lake.landing_tables import LANDING, QUALITY, landing_name
from pipelines.settings import Settings

# Tables to which every registration, or every model of a build, appends.
NOTED = (
    (LANDING, "batches"),
    (QUALITY, "reconciliation"),
    ("staging", "consumed_batches"),
    ("staging", "followed_inputs"),
)


@dataclass(frozen=True)
class MergeResult:
    """The number of files merged, and the number of files created from them."""

    files: int
    into: int


def merge_small_files(settings: Settings, contracts: Mapping[str, SourceContract]) -> MergeResult:
    """Merge the small files of bookkeeping tables and of streams' landing tables, table by table.

    Safe to rerun after a kill: a table is merged whole or not at all.

    Raises:
        TimeoutError: another process has been writing the lake for too long; nothing was changed.
    """
    files = into = 0
    with writer(settings) as connection:
        present = _present(connection)
        for schema, table in _grown_by_batches(contracts):
            if (schema, table) in present:
                merged = _merge(settings, connection, schema, table)
                files, into = files + merged.files, into + merged.into
    return MergeResult(files, into)


def _grown_by_batches(contracts: Mapping[str, SourceContract]) -> Iterator[tuple[str, str]]:
    yield from NOTED
    for contract in contracts.values():
        if contract.is_stream:
            for table in contract.tables:
                yield LANDING, landing_name(contract.system, table)


def _present(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    query = "select schema_name, table_name from duckdb_tables() where database_name = ?"
    return set(connection.execute(query, [LAKE]).fetchall())


def _merge(settings: Settings, connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> MergeResult:
    folder = settings.lake_data / schema
    known = set(folder.rglob("*.parquet"))
    connection.execute("begin")
    try:
        rows = connection.execute(
            "select files_processed, files_created "
            f"from ducklake_merge_adjacent_files('{LAKE}', ?, schema => ?)",
            [table, schema],
        ).fetchall()
        # DuckLake commits its catalog without an fsync of the files it refers to.
        sync_new_files(folder, known)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return MergeResult(sum(files for files, _ in rows), sum(into for _, into in rows))
