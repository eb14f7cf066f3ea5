"""PostgreSQL's own way of being read.

A first read scans the table with several connections that share a snapshot; a
later one asks the server for the window, so that its index is used.
"""

from __future__ import annotations

from collections.abc import Mapping

from psycopg.conninfo import make_conninfo

from pipelines.extract.quoting import literal, quoted
from pipelines.extract.request import ReadRequest
from pipelines.extract.scanner import CONNECT_TIMEOUT_SECONDS, SOURCE, Dialect

REFUSED = ("authentication failed", "permission denied", "no password supplied", "pg_hba.conf")
UNREACHABLE = (
    "could not connect", "Connection refused", "timeout expired", "server closed the connection",
    "terminating connection", "could not translate host", "Unable to connect",
    "the database system is", "could not receive data", "SSL SYSCALL",
)  # fmt: skip


def _attach(request: ReadRequest) -> None:
    endpoint = request.endpoint
    password = endpoint.password.get_secret_value() if endpoint.password else ""
    # The secret keeps the password out of the statement, and so out of error messages.
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
    return dict(found)


def _select(request: ReadRequest, found: Mapping[str, str], names: tuple[str, ...]) -> str:
    table = request.table
    columns = ", ".join(f"{quoted(table.source_name(name))} as {quoted(name)}" for name in names)
    cursor = quoted(table.source_name(table.ingest.cursor or ""))
    conditions = [
        f"{cursor} {sign} '{literal(value)}'"
        for sign, value in ((">=", request.since), ("<", request.until))
        if value is not None
    ]
    if not conditions:
        return f"select {columns} from {_table(request)}"
    query = f"select {columns} from {_place(request)} where {' and '.join(conditions)}"
    return f"from postgres_query('{SOURCE}', '{literal(query)}')"


DIALECT = Dialect("postgres_scanner", _attach, _table, _types, _select, REFUSED, UNREACHABLE)
