"""Reading PostgreSQL: DuckDB's scanner takes a table or a window of it, in one snapshot.

A first read scans the table with several connections that share a snapshot; a
later one asks the server for the window, so that its index is used.
"""

from __future__ import annotations

import duckdb
from psycopg.conninfo import make_conninfo

from pipelines.extract.errors import SourceRefusedError, SourceUnreachableError, SourceUnreadableError
from pipelines.extract.request import RawRows, ReadRequest
from pipelines.extract.schema_drift import NEW, compare, refuse_if_frozen

SOURCE = "source"
RAW = "raw_table"
CONNECT_TIMEOUT_SECONDS = 15
REFUSED = ("authentication failed", "permission denied", "no password supplied", "pg_hba.conf")
UNREACHABLE = (
    "could not connect", "Connection refused", "timeout expired", "server closed the connection",
    "terminating connection", "could not translate host", "Unable to connect",
    "the database system is", "could not receive data", "SSL SYSCALL",
)  # fmt: skip


def read_postgres(request: ReadRequest) -> RawRows:
    """All rows of the window as they are in one snapshot of the source.

    Raises:
        SourceUnreachableError: the server does not answer or went away.
        SourceRefusedError: it does not let us in or does not show us the table.
        SchemaChangedError: its columns are not the contract's, and policy is to stop.
    """
    connection = request.connection
    try:
        _attach(request)
        found = _columns(request)
        drift = compare(request.contract, request.table, found, is_ordered=True)
        refuse_if_frozen(request.contract, request.table, drift)
        extra = tuple(change.column for change in drift if change.kind == NEW and change.policy == "evolve")
        # A table of the engine's own: bounded memory, and half the work of a file that is read back.
        connection.execute(f"create or replace temp table {RAW} as {_select(request, found, extra)}")
    except duckdb.Error as error:
        raise _explained(request, error) from None
    finally:
        connection.execute(f"detach database if exists {SOURCE}")
    return RawRows(RAW, drift, extra)


def _attach(request: ReadRequest) -> None:
    endpoint = request.endpoint
    password = endpoint.password.get_secret_value() if endpoint.password else ""
    schema = request.contract.server.options.get("schema", "public")
    # The secret keeps the password out of the statement, and so out of error messages.
    request.connection.execute(
        "create or replace temporary secret source_login (type postgres, user $user, password $password)",
        {"user": endpoint.username or "", "password": password},
    )
    address = make_conninfo(endpoint.url, connect_timeout=CONNECT_TIMEOUT_SECONDS)
    request.connection.execute(
        f"attach '{_literal(address)}' as {SOURCE} "
        f"(type postgres, read_only, schema '{_literal(schema)}', secret source_login)"
    )


def _columns(request: ReadRequest) -> dict[str, str | None]:
    schema = request.contract.server.options.get("schema", "public")
    rows = request.connection.execute(
        f'describe select * from {SOURCE}.{schema}."{request.table.physical_name}"'
    ).fetchall()
    return {name: kind for name, kind, *_ in rows}


def _select(request: ReadRequest, found: dict[str, str | None], extra: tuple[str, ...]) -> str:
    wanted = ", ".join(
        f'"{name}"' if name in found else f'null as "{name}"'
        for name in (*request.table.column_names, *extra)
    )
    schema = request.contract.server.options.get("schema", "public")
    table = f'"{schema}"."{request.table.physical_name}"'
    conditions = _conditions(request)
    if not conditions:
        return f"select {wanted} from {SOURCE}.{table}"
    query = f"select * from {table} where {' and '.join(conditions)}"
    return f"select {wanted} from postgres_query('{SOURCE}', '{_literal(query)}')"


def _conditions(request: ReadRequest) -> list[str]:
    cursor = f'"{request.table.ingest.cursor}"'
    return [
        f"{cursor} {sign} '{_literal(value)}'"
        for sign, value in ((">=", request.since), ("<", request.until))
        if value is not None
    ]


def _explained(request: ReadRequest, error: duckdb.Error) -> Exception:
    text = str(error)
    server = f"The database of {request.where}"
    if any(word in text for word in REFUSED):
        return SourceRefusedError(
            f"{server} does not let '{request.endpoint.username}' in or read the table.",
            next_step=f"Check the username and password of '{request.contract.system}' with "
            f"{request.contract.owner}, then pull again.",
        )
    if "Table with name" in text or ("does not exist" in text and "relation" in text):
        return SourceUnreadableError(
            f"{server} has no table '{request.table.physical_name}'.",
            next_step=f"Ask {request.contract.owner} where it went; correct the contract if it was renamed.",
        )
    if any(word in text for word in UNREACHABLE):
        return SourceUnreachableError(
            f"{server} does not answer.",
            next_step="Check that it runs and can be reached from here, then pull again.",
        )
    return error


def _literal(text: str) -> str:
    return text.replace("'", "''")
