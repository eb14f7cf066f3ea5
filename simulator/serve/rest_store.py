"""A system's tables, read from Parquet into DuckDB and paged in bulk.

Each row is kept with its JSON text, made once when the file is read, so that a
page is a slice and no row passes through Python.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.contracts import TableContract
from simulator.serve import city

ISO_FORMAT = "%Y-%m-%dT%H:%M:%S.%f+08:00"


class BadPageToken(ValueError):
    """The continuation token is not one of ours."""


class RowStore:
    """All tables of a system; a file that changes is read again."""

    def __init__(self, home: Path, system: str) -> None:
        self._home = home
        self.system = system
        self._connection = city.open_duckdb()
        self._connection.execute("create schema served")
        self._lock = threading.Lock()
        self._versions: dict[str, tuple[int, int]] = {}

    def load(self) -> None:
        """Read every table now, so that no first request has to wait for it."""
        with self._lock:
            for table in city.tables(self.system):
                self._refresh(table)

    def page(
        self, table: str, size: int, since: datetime | None, until: datetime | None, token: str | None
    ) -> bytes:
        """One page as JSON: `{"items": […], "next_page_token": "…" or null}`.

        Raises:
            BadPageToken: the token cannot be read.
        """
        conditions, values = _conditions(since, until, token)
        with self._lock:
            self._refresh(table)
            items, count, last_time, last_key = self._connection.execute(
                f"""
                with numbered as (
                    select *, row_number() over (order by sort_time, sort_key) as number
                    from (
                        select * from served."{table}" where {" and ".join(conditions)}
                        order by sort_time, sort_key limit {size + 1}
                    )
                )
                select
                    string_agg(row_json, ',' order by number) filter (number <= {size}),
                    count(*),
                    max(sort_time) filter (number = {size}),
                    max(sort_key) filter (number = {size}),
                from numbered
                """,
                values,
            ).fetchone()
        following = _write_token(last_time, last_key) if count > size else None
        return f'{{"items": [{items or ""}], "next_page_token": {json.dumps(following)}}}'.encode()

    def _refresh(self, table: str) -> None:
        parquet = city.table_file(self._home, self.system, table)
        status = parquet.stat()
        version = (status.st_mtime_ns, status.st_size)
        if self._versions.get(table) == version:
            return
        contract = city.tables(self.system)[table]
        self._connection.execute(
            f"""
            create or replace table served."{table}" as
            select
                coalesce({contract.ingest.cursor}, timestamptz 'epoch') as sort_time,
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
    conditions, values = ["true"], []
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
