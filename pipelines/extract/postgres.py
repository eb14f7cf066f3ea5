"""The PostgreSQL dialect.

A full read scans the table over several connections that share a snapshot; a windowed read runs the query on
the server, so that its index is used. A `numeric` is transferred as text: the scanner reads its `NaN` as 0,
and one without a precision as a double, which keeps only fifteen digits.
"""

from __future__ import annotations

from collections.abc import Mapping

from psycopg.conninfo import make_conninfo

from pipelines.extract.quoting import literal, quoted
from pipelines.extract.request import ReadRequest
from pipelines.extract.scanner import CONNECT_TIMEOUT_SECONDS, SOURCE, Dialect, window

DOUBLE = "DOUBLE"
REFUSED = ("authentication failed", "permission denied", "no password supplied", "pg_hba.conf")
UNREACHABLE = (
    "could not connect", "Connection refused", "timeout expired", "server closed the connection",
    "terminating connection", "could not translate host", "Unable to connect",
    "the database system is", "could not receive data", "SSL SYSCALL",
)  # fmt: skip


def _attach(request: ReadRequest) -> None:
    endpoint = request.endpoint
    password = endpoint.password.get_secret_value() if endpoint.password else ""
    # The secret keeps the password out of the statement and thus out of error messages.
    request.connection.execute(
        "create or replace temporary secret source_login (type postgres, user $user, password $password)",
        {"user": endpoint.username or "", "password": password},
    )
    secured = {"sslmode": "verify-full", "sslrootcert": endpoint.ca_file} if endpoint.ca_file else {}
    address = make_conninfo(endpoint.url, connect_timeout=CONNECT_TIMEOUT_SECONDS, **secured)
    request.connection.execute(
        f"attach '{literal(address)}' as {SOURCE} "
        f"(type postgres, read_only, schema '{literal(_schema(request))}', secret source_login)"
    )


def _schema(request: ReadRequest) -> str:
    return str(request.contract.server.options.get("schema", "public"))


def _table(request: ReadRequest) -> str:
    return f"{SOURCE}.{_place(request)}"


def _place(request: ReadRequest) -> str:
    return f"{quoted(_schema(request))}.{quoted(request.table.physical_name)}"


def _types(request: ReadRequest, found: Mapping[str, str]) -> dict[str, str | None]:
    """Return the columns' types; a numeric without a precision matches any number type."""
    types: dict[str, str | None] = dict(found)
    numerics = _numerics(request, found)
    for column in request.table.columns:
        is_free = found.get(column.name) == DOUBLE and column.name in numerics
        if is_free and column.logical_type in ("number", "integer"):
            types[column.name] = column.duckdb_type
    return types


def _numerics(request: ReadRequest, found: Mapping[str, str]) -> set[str]:
    """Return the found columns of type numeric."""
    if not any(kind == DOUBLE or kind.startswith("DECIMAL") for kind in found.values()):
        return set()
    query = f"""
        select attname::text from pg_attribute
        where attrelid = '{literal(_place(request))}'::regclass and atttypid = 'numeric'::regtype
    """
    rows = request.connection.execute(f"from postgres_query('{SOURCE}', '{literal(query)}')").fetchall()
    own = {name for (name,) in rows}
    return {name for name in found if request.table.source_name(name) in own}


def _select(request: ReadRequest, found: Mapping[str, str], names: tuple[str, ...]) -> str:
    table, numerics = request.table, _numerics(request, found)
    columns = ", ".join(
        f"{quoted(table.source_name(name))}{'::text' if name in numerics else ''} as {quoted(name)}"
        for name in names
    )
    cursor = quoted(table.source_name(table.ingest.cursor or ""))
    where = window(cursor, *(value and literal(value) for value in (request.since, request.until)))
    if not where and not numerics:
        return f"select {columns} from {_table(request)}"
    query = f"select {columns} from {_place(request)}{where}"
    return f"from postgres_query('{SOURCE}', '{literal(query)}')"


DIALECT = Dialect("postgres_scanner", _attach, _table, _types, _select, REFUSED, UNREACHABLE)
