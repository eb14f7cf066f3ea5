"""The MySQL and MariaDB dialect.

Their timestamps have no zone and are taken as the city's, which the session is set to. Dates are transferred
as text, because MySQL stores impossible days (2018-02-00) and zero dates, and one of them would otherwise
fail the whole read; door 1 judges them row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from pipelines.contracts import Column
from pipelines.extract.quoting import literal, quoted
from pipelines.extract.request import ReadRequest
from pipelines.extract.scanner import SOURCE, Dialect, window
from pipelines.installation.one_row import one_value

DEFAULT_PORT = 3306
CITY_OFFSET = "+08:00"
DATES = ("DATE", "TIMESTAMP")
# The scanner compresses by default, which makes a read take three times as long. The URL of a slow link can
# request it: `?compression=preferred`.
COMPRESSION = "disabled"
INTEGERS = frozenset(
    f"{sign}{size}" for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
)
REFUSED = ("Access denied", "command denied", "Host is not allowed", "is not allowed to connect")
UNREACHABLE = (
    "Can't connect", "Lost connection", "server has gone away", "Unknown server host", "Unknown MySQL server",
    "Server shutdown", "Too many connections", "Failed to connect",
)  # fmt: skip


def _attach(request: ReadRequest) -> None:
    endpoint, address = request.endpoint, urlsplit(request.endpoint.url)
    options = (
        {"compression": COMPRESSION}
        | dict(parse_qsl(address.query))
        | {
            "host": address.hostname or "localhost",
            "port": str(address.port or DEFAULT_PORT),
            "database": _database(request),
            "user": endpoint.username or "",
            "password": endpoint.password.get_secret_value() if endpoint.password else "",
        }
    )
    if endpoint.ca_file:
        options |= {"ssl_mode": "verify_identity", "ssl_ca": endpoint.ca_file}
    # The one option that a secret does not accept.
    compression = literal(options.pop("compression"))
    named = ", ".join(f"{name} ${name}" for name in options)
    # The secret keeps the password out of the statement and thus out of error messages.
    request.connection.execute(
        f"create or replace temporary secret source_login (type mysql, {named})", options
    )
    request.connection.execute(f"set mysql_session_time_zone = '{CITY_OFFSET}'")
    # A TINYINT(1) may hold a 2: the contract decides whether it is a boolean.
    request.connection.execute("set mysql_tinyint1_as_boolean = false")
    request.connection.execute(
        f"attach 'compression={compression}' as {SOURCE} (type mysql, read_only, secret source_login)"
    )


def _database(request: ReadRequest) -> str:
    return unquote(urlsplit(request.endpoint.url).path.strip("/"))


def _table(request: ReadRequest) -> str:
    return f"{SOURCE}.{quoted(_database(request))}.{quoted(request.table.physical_name)}"


def _types(request: ReadRequest, found: Mapping[str, str]) -> dict[str, str | None]:
    """Return the contract's type where MySQL's differs only in storage."""
    columns = {column.name: column for column in request.table.columns}
    return {
        name: columns[name].duckdb_type if name in columns and _means(kind, columns[name]) else kind
        for name, kind in found.items()
    }


def _means(kind: str, column: Column) -> bool:
    if kind in INTEGERS:
        return column.logical_type == "integer" or (kind == "TINYINT" and column.logical_type == "boolean")
    return kind == "TIMESTAMP" and column.logical_type == "timestamp"


def _select(request: ReadRequest, found: Mapping[str, str], names: tuple[str, ...]) -> str:
    table = request.table
    agreed = {column.name: column for column in table.columns}
    columns = ", ".join(
        f"{_sent(_quoted(table.source_name(name)), found[name], agreed.get(name))} as {_quoted(name)}"
        for name in names
    )
    cursor = _quoted(table.source_name(table.ingest.cursor or ""))
    ends = (request.since, request.until)
    where = window(cursor, *(value and literal(_as_written(request, value)) for value in ends))
    place = f"{_quoted(_database(request))}.{_quoted(table.physical_name)}"
    query = f"select {columns} from {place}{where}"
    rows = f"from mysql_query('{SOURCE}', '{literal(query)}', stream_results => true)"
    arriving = request.connection.execute(f"describe {rows}").fetchall()
    return f"select {', '.join(_read(name, kind, found[name]) for name, kind, *_ in arriving)} {rows}"


def _sent(place: str, kind: str, column: Column | None) -> str:
    """Return the expression to request; DuckDB would read a longer decimal as a lossy double."""
    is_text = kind in DATES
    if column is not None:
        is_text |= column.logical_type == "boolean" and kind == "TINYINT"
        is_text |= column.duckdb_type.startswith("DECIMAL") and kind == "DOUBLE"
    return f"cast({place} as char)" if is_text else place


def _quoted(name: str) -> str:
    """Quote an identifier for the server."""
    escaped = name.replace("`", "``")
    return f"`{escaped}`"


def _read(name: str, arriving: str, kind: str) -> str:
    """Decode text with a binary collation (utf8mb4_bin, gbk_bin), which arrives as UTF-8 bytes."""
    return f'decode("{name}") as "{name}"' if (arriving, kind) == ("BLOB", "VARCHAR") else f'"{name}"'


def _as_written(request: ReadRequest, value: str) -> str:
    """Return a bound of the window in the server's zoneless notation."""
    kind = request.table.column(request.table.ingest.cursor or "").logical_type
    formats = {"timestamp": "%Y-%m-%d %H:%M:%S.%f", "date": "%Y-%m-%d"}
    if kind not in formats:
        return value
    query = "select strftime(cast(? as timestamptz), ?)"
    return str(one_value(request.connection.execute(query, [value, formats[kind]])))


DIALECT = Dialect("mysql_scanner", _attach, _table, _types, _select, REFUSED, UNREACHABLE)
