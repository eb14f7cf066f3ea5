"""Latency from sending a message to seeing it, by an independent reader that polls the lake."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb

from benchmarks.stream.rig import SYSTEM
from pipelines.installation.one_row import one_row
from pipelines.lake.connection import reader
from pipelines.settings import Settings

LOOK_SECONDS = 0.25
LAST_LOOK_SECONDS = 2.0
TABLE = "heartbeat"
NEW_BATCHES = f"""
    select distinct _batch_id from landing.{SYSTEM}__{TABLE} where _landed_at >= now() - interval 30 second
"""


@contextmanager
def watching(settings: Settings) -> Iterator[dict[str, datetime]]:
    """Record when a reader first saw each batch of heartbeats."""
    seen_at: dict[str, datetime] = {}
    ended = threading.Event()

    def look() -> None:
        with reader(settings) as lake:
            while not ended.wait(LOOK_SECONDS):
                for (batch_id,) in lake.execute(NEW_BATCHES).fetchall():
                    seen_at.setdefault(batch_id, datetime.now(UTC))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen_at
        ended.wait(LAST_LOOK_SECONDS)
    finally:
        ended.set()
        watcher.join()


def latencies(settings: Settings, seen_at: dict[str, datetime]) -> tuple[float, float, float, int]:
    """Return median, 99th percentile and maximum seconds from send to visibility, and the message count."""
    paths = [str(settings.landing / SYSTEM / TABLE / f"{name}.parquet") for name in seen_at]
    with duckdb.connect() as connection:
        connection.execute("create table seen (_batch_id varchar, seen_at timestamptz)")
        connection.executemany("insert into seen values (?, ?)", [list(pair) for pair in seen_at.items()])
        result = connection.execute(
            """
            select quantile_cont(seconds, 0.5), quantile_cont(seconds, 0.99), max(seconds), count(*)
            from (
                select epoch(seen.seen_at) - epoch(gateway_time) as seconds
                from read_parquet(?) join seen using (_batch_id)
            )
            """,
            [paths],
        )
        return one_row(result)
