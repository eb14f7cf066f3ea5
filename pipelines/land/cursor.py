"""Incremental reads: how far a table has been read, and which rows of the overlap have already landed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import psycopg

from pipelines.contracts import SourceContract, TableContract
from pipelines.extract.raw_rows import relation_types
from pipelines.installation.one_row import one_row, one_value
from pipelines.land import files
from pipelines.land.batch import Span
from pipelines.land.door import Door
from pipelines.land.landed_before import rows_as_agreed
from pipelines.settings import CITY_TIME, Settings

FRESH = "fresh_rows"
START = "start"
# A source whose clock runs ahead must not make us skip what it writes tomorrow.
CLOCK_TOLERANCE = timedelta(hours=1)


@dataclass(frozen=True)
class Window:
    """The range to request from the source: from the cursor minus its lookback, or a period."""

    since: str | None
    until: str | None
    cursor: str | None
    is_period: bool = False


def window_of(
    state: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    table: TableContract,
    period: tuple[str, str] | None,
) -> Window:
    """Return the window of the next read.

    A table without a cursor is read in full, and once more after its cursor became another column: by that
    one, rows older than the value that was reached may never have been read.
    """
    if table.ingest.cursor is None:
        return Window(None, None, None)
    if period is not None:
        return Window(period[0], period[1], None, is_period=True)
    row = state.execute(
        "select cursor_value from ops.cursors where system = %s and table_name = %s "
        "and coalesce(column_name, %s) = %s",
        [contract.system, table.name, table.ingest.cursor, table.ingest.cursor],
    ).fetchone()
    if row is None:
        return Window(None, None, None)
    return Window(_earlier(connection, table, row[0]), None, row[0])


def fresh_rows(
    settings: Settings,
    state: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    table: TableContract,
    raw: str,
    window: Window,
) -> str:
    """Create a relation of the rows of `raw` that have not landed with the same values; return its name.

    A row has landed if a batch whose range overlaps the window contains it, landed or in
    quarantine, with identical values.
    """
    if window.since is None:
        return raw
    landed, quarantined = _overlapping(settings, state, connection, contract, table, window)
    if not landed and not quarantined:
        return raw
    door = Door(table, relation_types(connection, raw))
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    cursor = f'"{table.ingest.cursor}"'
    conditions = []
    if landed:
        since = f"cast('{window.since}' as {table.column(table.ingest.cursor or '').duckdb_type})"
        connection.execute(
            f"create or replace temp table seen_landed as select distinct hash({columns}) as row_hash "
            f"from ({rows_as_agreed(connection, table, landed)}) where {cursor} >= {since}"
        )
        conditions.append(f"{door.typed_hash()} not in (from seen_landed)")
    if quarantined:
        connection.execute(
            "create or replace temp table seen_quarantined as select distinct row_hash "
            f"from read_parquet({quarantined})"
        )
        conditions.append(f"{door.raw_hash()} not in (from seen_quarantined)")
    connection.execute(
        f"create or replace temp view {FRESH} as select * from {raw} where {' and '.join(conditions)}"
    )
    return FRESH


def span_of(
    connection: duckdb.DuckDBPyConnection, table: TableContract, raw: str, rows: str, window: Window
) -> Span | None:
    """Return what a batch of these rows covers; None for a table without a cursor or without rows.

    The range ends at the newest cursor read that is not in the future, from which the
    next pull continues.
    """
    if table.ingest.cursor is None:
        return None
    door = Door(table, relation_types(connection, raw))
    cursor = door.typed(table.ingest.cursor)
    limit = _clock_limit(table)
    result = connection.execute(
        f"select (max(moment) filter ({limit}))::varchar, (max(moment) filter (not ({limit})))::varchar, "
        f"min(moment)::varchar from (select {cursor} as moment from {raw})"
    )
    newest, ahead, oldest_read = one_row(result)
    oldest_new = oldest_read
    if rows != raw:
        query = f"select min({cursor})::varchar from {rows}"
        oldest_new = one_value(connection.execute(query))
    if window.is_period:
        return Span(f"{_compact(window.since)}..{_compact(window.until)}", oldest_new, newest, ahead)
    ends = [value for value in (window.cursor, newest) if value is not None]
    if not ends:
        return None
    end = (
        max(ends) if table.column(table.ingest.cursor).logical_type != "integer" else str(max(map(int, ends)))
    )
    return Span(f"{_compact(window.cursor)}..{_compact(end)}", oldest_new or window.cursor, end, ahead)


def _clock_limit(table: TableContract) -> str:
    limit = (datetime.now(UTC) + CLOCK_TOLERANCE).astimezone(CITY_TIME)
    kind = table.column(table.ingest.cursor or "").logical_type
    if kind == "timestamp":
        return f"moment <= timestamptz '{limit.isoformat()}'"
    return f"moment <= date '{limit.date()}'" if kind == "date" else "true"


def _earlier(connection: duckdb.DuckDBPyConnection, table: TableContract, value: str) -> str:
    """Return the cursor minus its lookback, in the source's own notation."""
    kind = table.column(table.ingest.cursor or "").duckdb_type
    seconds = table.ingest.lookback.total_seconds()
    if kind == "TIMESTAMP WITH TIME ZONE":
        query = "select strftime(cast(? as timestamptz) - to_seconds(?), '%Y-%m-%dT%H:%M:%S.%f+08:00')"
        return str(one_value(connection.execute(query, [value, seconds])))
    if kind == "DATE":
        query = "select cast(cast(cast(? as date) - to_seconds(?) as date) as varchar)"
        return str(one_value(connection.execute(query, [value, seconds])))
    return value


def _overlapping(
    settings: Settings,
    state: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    table: TableContract,
    window: Window,
) -> tuple[list[str], list[str]]:
    kind = table.column(table.ingest.cursor or "").duckdb_type
    rows = state.execute(
        "select batch_id, cursor_from, coalesce(cursor_ahead, cursor_to), findings_by_rule ? %s "
        "from ops.batches where system = %s and table_name = %s",
        [f"required.{table.ingest.cursor}", contract.system, table.name],
    ).fetchall()
    found: tuple[list[str], list[str]] = ([], [])
    for batch_id, first, last, has_rows_without in rows:
        # A row without a cursor value is read every time.
        if not has_rows_without and not _touches(connection, kind, first, last, window):
            continue
        for paths, folder in zip(found, (files.GOOD, files.QUARANTINED), strict=True):
            path = files.batch_file(settings, folder, contract.system, table.name, batch_id)
            if path.exists():
                paths.append(str(path))
    return found


def _touches(
    connection: duckdb.DuckDBPyConnection, kind: str, first: str | None, last: str | None, window: Window
) -> bool:
    # A range by another cursor, of another type, is no range by this one.
    query = (
        f"select coalesce(try_cast(? as {kind}) >= cast(? as {kind}), true) "
        f"and coalesce(try_cast(? as {kind}) < cast(? as {kind}), true)"
    )
    return bool(one_value(connection.execute(query, [last, window.since, first, window.until])))


def _compact(value: str | None) -> str:
    """Return a cursor as part of a file name: digits, and a point before fractions of a second."""
    return START if value is None else re.sub(r"[^0-9.]", "", value.split("+")[0])
