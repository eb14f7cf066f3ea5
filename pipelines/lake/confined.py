"""Queries that people type: they read the lake and nothing else, and no sensitive person without a reason.

An ordinary query reads the schemas behind the boundary. What says who is a sensitive person
(`sensitive`, and the rows before the boundary that it is made of) is read for a reason, and
who read what is kept. The schemas are closed by the folders that the engine may open. Tables
are looked at first, to refuse in plain words, and because a plan, and a query that statistics
answer, need no file opened.
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
LAKE_OPERATOR = "DUCKLAKE_SCAN"
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
        # `tables_read` asks for the plan before anything is left out of it.
        connection.execute("set allowed_configs = ['explain_output']")
        connection.execute("set lock_configuration = true")
        yield connection


def tables_read(
    connection: duckdb.DuckDBPyConnection, query: str, *, reads_closed: bool = False
) -> list[str]:
    """The tables that one SELECT reads or one EXPLAIN tells of, by their qualified names.

    Raises:
        PermissionError: it reads a closed schema without `reads_closed`, or the catalog's own database.
        LookupError: it asks for the changes of a table that is gone.
        ValueError: it explains something else than a query.
    """
    query = _explained(connection, query)
    operators = list(_operators(_bound_plan(connection, query)))
    named = {name.split(" AS ")[0] for name in connection.get_table_names(query, qualified=True)}
    unnamed = _scanned(operators) - {name.split(".")[-1] for name in named}
    tables = sorted(named | _qualified(connection, unnamed))
    closed = [table for table in tables if set(table.split(".")[:-1]) & set(CLOSED_SCHEMAS)]
    if closed and not reads_closed:
        raise PermissionError(
            f"{', '.join(closed)} may say who is a sensitive person. Nothing was read. An ordinary query "
            f"reads {', '.join(OPEN_SCHEMAS)}; with --reason the others too, and the read is kept."
        )
    if any(operator["name"].startswith(CATALOG_OPERATOR) for operator in operators):
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


def _explained(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """The query that an EXPLAIN is about; any other query as it is.

    A plan says what a read would: how many rows, and by least and greatest values which there cannot be.
    """
    (statement,) = connection.extract_statements(query)
    if statement.type != duckdb.StatementType.EXPLAIN:
        return query
    # Behind EXPLAIN and its options, it is the first rest that is a statement itself; offsets count bytes.
    whole = statement.query.encode()
    for offset, _ in duckdb.tokenize(statement.query)[1:]:
        rest = whole[offset:].decode()
        try:
            (explained,) = connection.extract_statements(rest)
        except (duckdb.ParserException, ValueError):
            continue
        if explained.type == duckdb.StatementType.SELECT:
            return rest
        break
    raise ValueError("`brain sql` explains queries alone (explain select ...). Nothing was changed.")


def _bound_plan(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict]:
    """All that the query names, however it names it, before statistics leave out what holds no row of it."""
    connection.execute("set explain_output = 'all'")
    try:
        plans = dict(connection.execute(f"explain (format json) {query}").fetchall())
    finally:
        connection.execute("set explain_output = 'physical_only'")
    return json.loads(plans["logical_plan"])


def _scanned(operators: list[dict]) -> set[str]:
    """The lake's tables in a plan: also those of a change function, which are no names of the query."""
    return {found["extra_info"]["Table"] for found in operators if found["name"] == LAKE_OPERATOR}


def _qualified(connection: duckdb.DuckDBPyConnection, names: set[str]) -> set[str]:
    """These tables with their schemas.

    Raises:
        LookupError: the lake has no such table any more.
    """
    known = connection.execute(
        "select table_name, schema_name from duckdb_tables() where database_name = 'lake'"
    ).fetchall()
    if gone := names - {name for name, _ in known}:
        raise LookupError(
            f"{', '.join(sorted(gone))} is no table of this state of the lake; --snapshot names another."
        )
    return {f"{schema}.{name}" for name, schema in known if name in names}


def _operators(nodes: list[dict]) -> Iterator[dict]:
    for node in nodes:
        yield node
        yield from _operators(node["children"])
