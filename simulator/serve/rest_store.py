"""A system's tables, read from Parquet into DuckDB and paged in bulk.

Each row is stored with its JSON text, created once when the file is read, so that a page is a slice and no
row passes through Python.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.contracts import TableContract
from pipelines.installation.one_row import one_row
from simulator.serve import city

ISO_FORMAT = "%Y-%m-%dT%H:%M:%S.%f+08:00"


class BadPageToken(ValueError):
    """The continuation token is invalid."""


class Page(NamedTuple):
    """Rows as JSON texts joined by commas, and the token of the next page, if any."""

    rows: str
    following: str | None


class RowStore:
    """All tables of a system; a changed file is read again."""

    def __init__(self, home: Path, system: str) -> None:
        self._home = home
        self.system = system
        self._connection = city.open_duckdb()
        self._connection.execute("create schema served")
        self._lock = threading.Lock()
        self._versions: dict[str, tuple[int, int]] = {}

    def load(self) -> None:
        """Read every table now, so that the first requests need not wait."""
        with self._lock:
            for table in city.tables(self.system):
                self._refresh(table)

    def page(
        self,
        table: str,
        size: int | None,
        since: datetime | None = None,
        until: datetime | None = None,
        token: str | None = None,
        skipped: int = 0,
    ) -> Page:
        """Return one page after a token or a number of rows; everything if no size is given.

        Raises:
            BadPageToken: the token cannot be read.
        """
        conditions, values = _conditions(since, until, token)
        limit = "" if size is None else f"limit {size + 1} offset {skipped}"
        on_page = "true" if size is None else f"number <= {size}"
        with self._lock:
            self._refresh(table)
            result = self._connection.execute(
                f"""
                with numbered as (
                    select *, row_number() over (order by sort_time, sort_key) as number
                    from (
                        select * from served."{table}" where {" and ".join(conditions)}
                        order by sort_time, sort_key {limit}
                    )
                )
                select
                    string_agg(row_json, ',' order by number) filter ({on_page}),
                    count(*),
                    max(sort_time) filter (number = {size or 0}),
                    max(sort_key) filter (number = {size or 0}),
                from numbered
                """,
                values,
            )
            rows, count, last_time, last_key = one_row(result)
        has_more = size is not None and count > size
        return Page(rows or "", _write_token(last_time, last_key) if has_more else None)

    def _refresh(self, table: str) -> None:
        parquet = city.table_file(self._home, self.system, table)
        status = parquet.stat()
        version = (status.st_mtime_ns, status.st_size)
        if self._versions.get(table) == version:
            return
        contract = city.tables(self.system)[table]
        cursor = contract.ingest.cursor or "null"
        self._connection.execute(
            f"""
            create or replace table served."{table}" as
            select
                coalesce(cast({cursor} as timestamptz), timestamptz 'epoch') as sort_time,
                concat_ws('|', {", ".join(contract.primary_key)}) as sort_key,
                {_row_json(contract)} as row_json,
            from read_parquet(?)
            order by sort_time, sort_key
            """,
            [str(parquet)],
        )
        self._versions[table] = version


def _row_json(table: TableContract) -> str:
    fields = []
    for column in table.columns:
        is_time = column.logical_type == "timestamp"
        value = f"strftime({column.name}, '{ISO_FORMAT}')" if is_time else column.name
        fields.append(f"{column.name} := {value}")
    return f"cast(to_json(struct_pack({', '.join(fields)})) as varchar)"


def _conditions(
    since: datetime | None, until: datetime | None, token: str | None
) -> tuple[list[str], list[Any]]:
    conditions: list[str] = ["true"]
    values: list[Any] = []
    if since:
        conditions.append("sort_time >= ?")
        values.append(since)
    if until:
        conditions.append("sort_time < ?")
        values.append(until)
    if token:
        last_time, last_key = _read_token(token)
        conditions.append("(sort_time > ? or (sort_time = ? and sort_key > ?))")
        values += [last_time, last_time, last_key]
    return conditions, values


def _write_token(last_time: datetime, last_key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([last_time.isoformat(), last_key]).encode()).decode()


def _read_token(token: str) -> tuple[datetime, str]:
    try:
        last_time, last_key = json.loads(base64.urlsafe_b64decode(token.encode()))
        return datetime.fromisoformat(last_time), str(last_key)
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadPageToken("page_token is not one that this service gave out") from error
