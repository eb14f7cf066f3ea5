"""Queries that people type: they read the lake and nothing else, and no sensitive person without a reason.

An ordinary query reads the schemas behind the boundary. What says who is a sensitive person
(`sensitive`, and the rows before the boundary that it is made of) is read for a reason, and
who read what is kept. The schemas are closed by the folders that the engine may open; names
are looked at first only to refuse in plain words.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
from psycopg.rows import dict_row

from pipelines.kept_keys import kept_key
from pipelines.lake.connection import reader
from pipelines.lake.state import connect_state
from pipelines.settings import Settings

OPEN_SCHEMAS = ("core", "indicators", "quality", "reference", "share")
CLOSED_SCHEMAS = ("sensitive", "landing", "staging", "intermediate", "identity")
# How the engine names its ways into the catalog's database: statistics there hold the least and
# greatest value of every column, names and numbers included, and other tables are no part of the lake.
CATALOG_OPERATOR = "POSTGRES"
KEY_BYTES = 32


@contextmanager
def confined_reader(
    settings: Settings, *, snapshot: int | None = None, reads_closed: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A `reader` that opens the files of the open schemas alone; `reads_closed` adds the closed ones."""
    folders = [settings.lake_data / schema for schema in OPEN_SCHEMAS]
    if reads_closed:
        folders = [settings.lake_data, settings.landing]
    with reader(settings, snapshot=snapshot) as connection:
        connection.execute(f"set allowed_directories = {[f'{folder.resolve()}/' for folder in folders]}")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection


def tables_read(
    connection: duckdb.DuckDBPyConnection, query: str, *, reads_closed: bool = False
) -> list[str]:
    """The tables that one SELECT reads, by their qualified names.

    Raises:
        PermissionError: it reads a closed schema without `reads_closed`, or the catalog's own database.
    """
    names = connection.get_table_names(query, qualified=True)
    tables = sorted({name.split(" AS ")[0] for name in names})
    closed = [table for table in tables if set(table.split(".")[:-1]) & set(CLOSED_SCHEMAS)]
    if closed and not reads_closed:
        raise PermissionError(
            f"{', '.join(closed)} may say who is a sensitive person. Nothing was read. An ordinary query "
            f"reads {', '.join(OPEN_SCHEMAS)}; with --reason the others too, and the read is kept."
        )
    ((_, plan),) = connection.execute(f"explain (format json) {query}").fetchall()
    if any(name.startswith(CATALOG_OPERATOR) for name in _operators(json.loads(plan))):
        raise PermissionError("The lake's catalog is not for queries: its statistics hold personal values.")
    return tables


def keep_read(settings: Settings, query: str, tables: list[str], *, read_by: str, reason: str) -> None:
    """Keep who reads closed schemas: the tables, and a keyed digest of the query, which may hold values.

    Raises:
        KeyLostError: the key is missing although reads were kept with it; this one is not kept, nor answered.
    """
    with connect_state(settings) as state:
        (is_first,) = state.execute("select not exists (select from audit.closed_reads)").fetchone()
        key_file = settings.secrets / "closed_reads.key"
        key = kept_key(key_file, secrets.token_bytes(KEY_BYTES), may_create=is_first)
        state.execute(
            "insert into audit.closed_reads (read_by, reason, tables, query_digest) values (%s, %s, %s, %s)",
            [read_by, reason, tables, hmac.digest(key, query.encode(), "sha256").hex()],
        )


def kept_reads(settings: Settings) -> list[dict[str, Any]]:
    """Every read of the closed schemas, the newest first: who, when, why and which tables."""
    with connect_state(settings) as state, state.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select read_no, read_at, read_by, reason, tables from audit.closed_reads order by read_no desc"
        ).fetchall()


def _operators(nodes: list[dict]) -> Iterator[str]:
    for node in nodes:
        yield node["name"]
        yield from _operators(node["children"])
