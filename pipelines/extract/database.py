"""Read a database table, or a window of it, in one snapshot with DuckDB's scanner.

A `Dialect` covers what PostgreSQL and MySQL do differently. The scheme of the endpoint's URL selects it, so
the same contract can be read from either.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import duckdb

from pipelines.extract import mysql, postgres
from pipelines.extract.drift_words import NEW
from pipelines.extract.errors import SourceRefusedError, SourceUnreachableError, SourceUnreadableError
from pipelines.extract.request import RawRows, ReadRequest
from pipelines.extract.scanner import SOURCE, Dialect
from pipelines.extract.schema_drift import by_contract, compare, missing_table, refuse_if_frozen

RAW = "raw_table"
DIALECTS: Mapping[str, Dialect] = {
    "postgresql": postgres.DIALECT,
    "postgres": postgres.DIALECT,
    "mysql": mysql.DIALECT,
    "mariadb": mysql.DIALECT,
}


def read_database(request: ReadRequest) -> RawRows:
    """Read all rows of the window from one snapshot of the source.

    Raises:
        SourceUnreachableError: the server does not answer, or the connection was lost.
        SourceRefusedError: it rejects the login or denies access to the table.
        SourceUnreadableError: the URL scheme names no supported database.
        SchemaChangedError: the table is missing, or its columns differ from the contract and the drift policy
            is to stop.
    """
    connection, dialect = request.connection, _dialect(request)
    try:
        connection.execute(f"load {dialect.extension}")
        dialect.attach(request)
        found = _columns(request, dialect)
        drift = compare(request.contract, request.table, dialect.types(request, found), is_ordered=True)
        refuse_if_frozen(request.contract, request.table, drift)
        extra = tuple(change.column for change in drift if change.kind == NEW and change.policy == "evolve")
        query = _select(request, dialect, found, (*request.table.column_names, *extra))
        # A native temp table keeps memory bounded and takes half the time of writing and re-reading a file.
        connection.execute(f"create or replace temp table {RAW} as {query}")
    except duckdb.Error as error:
        raise _translated_error(request, dialect, error) from None
    finally:
        connection.execute(f"detach database if exists {SOURCE}")
    return RawRows(RAW, drift, extra)


def _dialect(request: ReadRequest) -> Dialect:
    scheme = urlsplit(request.endpoint.url).scheme
    if scheme not in DIALECTS:
        raise SourceUnreadableError(
            f"The address of {request.contract.system} begins with '{scheme}', which names no database.",
            next_step=f"Write one that begins with {', '.join(DIALECTS)}, and pull again.",
        )
    return DIALECTS[scheme]


def _columns(request: ReadRequest, dialect: Dialect) -> dict[str, str]:
    rows = request.connection.execute(f"describe select * from {dialect.table(request)}").fetchall()
    return by_contract(request.table, {name: kind for name, kind, *_ in rows})


def _select(request: ReadRequest, dialect: Dialect, found: Mapping[str, str], wanted: tuple[str, ...]) -> str:
    """Return a query for the wanted columns in order, null where the source lacks one."""
    there = tuple(name for name in wanted if name in found)
    columns = ", ".join(f'"{name}"' if name in found else f'null as "{name}"' for name in wanted)
    return f"select {columns} from ({dialect.select(request, found, there)})"


def _translated_error(request: ReadRequest, dialect: Dialect, error: duckdb.Error) -> Exception:
    text = str(error)
    server = f"The database of {request.where}"
    if any(word in text for word in dialect.refused):
        return SourceRefusedError(
            f"{server} does not let '{request.endpoint.username}' in or read the table.",
            next_step=f"Check the username and password of '{request.contract.system}' with "
            f"{request.contract.owner}, then pull again.",
        )
    if "Table with name" in text or ("does not exist" in text and "relation" in text):
        return missing_table(request.contract, request.table, server)
    if any(word in text for word in dialect.unreachable):
        return SourceUnreachableError(
            f"{server} does not answer.",
            next_step="Check that it runs and can be reached from here, then pull again.",
        )
    return error
