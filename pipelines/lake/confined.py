"""Confinement of ad hoc queries: they read nothing but the lake, and closed schemas only for a reason.

An ordinary query reads the open schemas. The schemas that reveal who is a sensitive person (`sensitive`, and
the upstream rows it is built from) require a reason, and each read is written to the access log. The schemas
are closed by restricting the folders that the engine may open. The tables are checked first, for a clear
error, and because a plan, or a query answered from statistics, opens no file.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from psycopg.rows import dict_row

from pipelines.installation.kept_keys import kept_key
from pipelines.installation.one_row import one_value
from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader
from pipelines.settings import Settings

OPEN_SCHEMAS = ("core", "indicators", "quality", "reference", "share")
CLOSED_SCHEMAS = ("sensitive", "landing", "staging", "intermediate", "identity")
# The engine's operators for scanning the catalog's database: its statistics hold the minimum and maximum of
# every column, including names and numbers, and other tables are not part of the lake.
CATALOG_OPERATOR = "POSTGRES"
LAKE_OPERATOR = "DUCKLAKE_SCAN"
KEY_FILE, KEY_BYTES = "closed_reads.key", 32
# In the engine's messages: where in the query it went wrong, and which name it would have known.
QUOTED_LINE = re.compile(r"\bLINE (\d+):")
SUGGESTION = "Did you mean"


@contextmanager
def confined_reader(
    settings: Settings,
    *,
    snapshot: int | None = None,
    reads_closed: bool = False,
    also: tuple[Path, ...] = (),
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a `reader` restricted to the files of the open schemas; `reads_closed` adds the closed ones.

    Args:
        also: folders outside the lake that may be read and written.
    """
    folders = [settings.lake_data / schema for schema in OPEN_SCHEMAS]
    if reads_closed:
        folders = [settings.lake_data, settings.landing]
    folders += also
    with reader(settings, snapshot=snapshot) as connection:
        connection.execute(f"set allowed_directories = {[f'{folder.resolve()}/' for folder in folders]}")
        connection.execute("set enable_external_access = false")
        # `tables_read` needs the plan before optimisation.
        connection.execute("set allowed_configs = ['explain_output']")
        connection.execute("set lock_configuration = true")
        yield connection


def tables_read(
    connection: duckdb.DuckDBPyConnection, query: str, *, reads_closed: bool = False
) -> list[str]:
    """Return the qualified names of the tables that one SELECT reads or one EXPLAIN describes.

    Raises:
        PermissionError: it reads a closed schema without `reads_closed`, or the catalog's own database.
        LookupError: it asks for the changes of a table that no longer exists.
        ValueError: it explains something other than a query.
    """
    query = _query_inside_explain(connection, query)
    operators = list(_operators(_bound_plan(connection, query, reads_closed=reads_closed)))
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


def log_read(settings: Settings, query: str, tables: list[str], *, read_by: str, reason: str) -> None:
    """Log a read of closed schemas: the tables, and a keyed digest of the query, whose text may hold values.

    Raises:
        KeyLostError: the key is missing although earlier reads were logged with it; nothing is logged or
            read.
    """
    with connect_state(settings) as state:
        is_first = one_value(state.execute("select not exists (select from audit.closed_reads)"))
        fresh = secrets.token_bytes(KEY_BYTES)
        key = kept_key(settings.secrets / KEY_FILE, fresh, may_create=is_first)
        state.execute(
            "insert into audit.closed_reads (read_by, reason, tables, query_digest) values (%s, %s, %s, %s)",
            [read_by, reason, tables, hmac.digest(key, query.encode(), "sha256").hex()],
        )


def logged_reads(settings: Settings) -> list[dict[str, Any]]:
    """Return the access log of closed schemas, newest first: who, when, why and which tables."""
    with connect_state(settings) as state, state.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select read_no, read_at, read_by, reason, tables from audit.closed_reads order by read_no desc"
        ).fetchall()


def _query_inside_explain(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """Return the query inside an EXPLAIN; any other query unchanged.

    A plan discloses what a read would: row counts, and through minima and maxima which values cannot occur.
    """
    (statement,) = connection.extract_statements(query)
    if statement.type != duckdb.StatementType.EXPLAIN:
        return query
    # The query starts at the first token after EXPLAIN and its options from which a statement parses; offsets
    # are in bytes.
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


def _bound_plan(connection: duckdb.DuckDBPyConnection, query: str, *, reads_closed: bool) -> list[dict]:
    """Return the logical plan with every table referenced, before statistics prune any."""
    connection.execute("set explain_output = 'all'")
    try:
        # The query keeps lines of its own, which an error about it quotes.
        plans = dict(connection.execute(f"explain (format json)\n{query}").fetchall())
    except duckdb.Error as error:
        hidden = set() if reads_closed else _closed_tables(connection)
        raise type(error)(_of_the_query(str(error), hidden)) from None
    finally:
        connection.execute("set explain_output = 'physical_only'")
    return json.loads(plans["logical_plan"])


def _closed_tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    query = "select table_name from duckdb_tables() where list_contains(?, schema_name)"
    return {name for (name,) in connection.execute(query, [CLOSED_SCHEMAS]).fetchall()}


def _of_the_query(message: str, hidden: set[str]) -> str:
    """The engine's message about the query alone: its own lines, and no table that it may not read."""
    message = QUOTED_LINE.sub(lambda found: f"LINE {int(found[1]) - 1}:".ljust(len(found[0])), message)
    return "\n".join(line for line in message.split("\n") if not hidden or not _suggests(line, hidden))


def _suggests(line: str, hidden: set[str]) -> bool:
    """Whether the engine suggests a hidden table; it names the schema only where it is another one."""
    if not line.startswith(SUGGESTION):
        return False
    suggested = [name.split(".") for name in re.findall(r'"([^"]+)"', line)]
    return any(parts[-1] in hidden and not set(parts) & set(OPEN_SCHEMAS) for parts in suggested)


def _scanned(operators: list[dict]) -> set[str]:
    """Return the lake tables in a plan, including those of a change function, which no query names."""
    return {found["extra_info"]["Table"] for found in operators if found["name"] == LAKE_OPERATOR}


def _qualified(connection: duckdb.DuckDBPyConnection, names: set[str]) -> set[str]:
    """Return these tables with their schemas.

    Raises:
        LookupError: the lake no longer has such a table.
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
