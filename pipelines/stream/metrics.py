"""Stream metrics for operators: rate, lag, duplicates and late messages per minute.

Counts are informational: they are written after a batch is durable and never influence processing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg

from pipelines.installation.one_row import one_value
from pipelines.installation.state import connect_state
from pipelines.settings import Settings

KEPT_DAYS = 30
REMEMBERED_MESSAGES = 500_000
RECENT = """
    select
        metrics.system,
        metrics.table_name as "table",
        sum(messages) filter (where minute >= now() - interval '1 hour') as last_hour,
        round(max(messages) filter (where minute >= now() - interval '1 hour') / 60.0, 1)
            as fastest_per_second,
        sum(messages) as last_day,
        sum(quarantined) as quarantined,
        sum(duplicates) as duplicates,
        sum(late) as late,
        sum(ahead) as clock_ahead,
        round((array_agg(lag_seconds order by minute desc))[1]::numeric, 1)::float as lag_seconds,
        round(max(slowest_seconds)::numeric, 1)::float as slowest_batch_seconds,
        (
            select round(max(extract(epoch from registered_at - landed_at)), 1)::float
            from ops.batches
            where batches.system = metrics.system and batches.table_name = metrics.table_name
                and landed_at >= now() - interval '1 hour'
        ) as slowest_to_lake_seconds,
        max(minute) as last_minute
    from ops.stream_metrics as metrics
    where minute >= now() - interval '1 day'
    group by metrics.system, metrics.table_name
    order by metrics.system, metrics.table_name
"""


@dataclass(frozen=True)
class BatchMetrics:
    """What one batch of one table adds to the minute's metrics."""

    messages: int
    quarantined: int
    duplicates: int
    late: int
    ahead: int
    lag_seconds: float | None
    seconds: float


def count(state: psycopg.Connection, system: str, table: str, batch: BatchMetrics) -> None:
    """Add a batch to the minute in which it became durable."""
    state.execute(
        """
        insert into ops.stream_metrics as known values (
            %s, %s, date_trunc('minute', now()), 1, %s, %s, %s, %s, %s, %s, %s
        )
        on conflict (system, table_name, minute) do update set
            batches = known.batches + 1,
            messages = known.messages + excluded.messages,
            quarantined = known.quarantined + excluded.quarantined,
            duplicates = known.duplicates + excluded.duplicates,
            late = known.late + excluded.late,
            ahead = known.ahead + excluded.ahead,
            lag_seconds = coalesce(excluded.lag_seconds, known.lag_seconds),
            slowest_seconds = greatest(known.slowest_seconds, excluded.slowest_seconds)
        """,
        [
            system, table, batch.messages, batch.quarantined, batch.duplicates, batch.late, batch.ahead,
            batch.lag_seconds, batch.seconds,
        ],
    )  # fmt: skip


def forget_old(settings: Settings) -> None:
    """Delete metrics older than `KEPT_DAYS`."""
    with connect_state(settings) as state:
        state.execute(
            "delete from ops.stream_metrics where minute < now() - make_interval(days => %s)", [KEPT_DAYS]
        )


def stream_status(settings: Settings) -> list[dict[str, Any]]:
    """Return one row for each stream table that received messages in the last day."""
    with connect_state(settings) as state:
        cursor = state.execute(RECENT)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, map(_plain, row), strict=True)) for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    return int(value) if hasattr(value, "as_integer_ratio") and value == int(value) else value


class RecentMessages:
    """Fingerprints of recent messages to count copies; at most twice `REMEMBERED_MESSAGES`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._size = 0
        for name in ("recent_messages", "older_messages"):
            connection.execute(f"create or replace temp table {name} (fingerprint ubigint)")

    def count_copies(self, relation: str, text: str) -> int:
        """Count the rows that repeat another row or a recent message, and remember the new fingerprints."""
        result = self._connection.execute(
            f"""
            insert into recent_messages
            select distinct hash({text}) as fingerprint from {relation}
            where fingerprint not in (from recent_messages) and fingerprint not in (from older_messages)
            """
        )
        new = one_value(result)
        rows = one_value(self._connection.execute(f"select count(*) from {relation}"))
        self._size += new
        if self._size > REMEMBERED_MESSAGES:
            self._connection.execute("drop table older_messages")
            self._connection.execute("alter table recent_messages rename to older_messages")
            self._connection.execute("create temp table recent_messages (fingerprint ubigint)")
            self._size = 0
        return rows - new
