"""Messages into landing batches: payloads as they came, in bulk through door 1.

A batch is named after its content, so that a batch that the broker sends again
changes nothing.
"""

from __future__ import annotations

import time

import duckdb
import pyarrow as pa

from pipelines.contracts import SourceContract
from pipelines.land.batch import json_rows, land_batch
from pipelines.settings import Settings
from pipelines.stream.consumer import StreamOutcome

PAYLOADS, PARSED, ROWS = "stream_payloads", "stream_parsed", "stream_rows"


class MessageLanding:
    """Lands the payloads of one system's tables; holds the engine that does it."""

    def __init__(self, settings: Settings, contract: SourceContract) -> None:
        self._settings = settings
        self._contract = contract
        self._connection = duckdb.connect(
            config={"threads": settings.threads, "memory_limit": settings.memory_limit}
        )
        self._connection.execute("set TimeZone = 'Asia/Shanghai'")

    def land(self, table: str, payloads: list[bytes]) -> StreamOutcome:
        """Make one table's payloads a batch; when it returns they survive a crash.

        Raises:
            PullError: they could not be kept; nothing of them was.
            ConnectionError: the platform's database does not answer.
        """
        started = time.monotonic()
        self._connection.register(PAYLOADS, pa.table({"payload": pa.array(payloads, pa.binary())}))
        json_rows(self._connection, self._contract.table(table), PAYLOADS, PARSED)
        # Parsed once, read by each of the door's passes.
        self._connection.execute(f"create or replace temp table {ROWS} as from {PARSED}")
        batch = land_batch(self._settings, self._contract, table, ROWS, connection=self._connection)
        seconds = round(time.monotonic() - started, 3)
        if not batch.is_new:
            return StreamOutcome(table, rows_repeated=batch.rows_read, seconds=seconds)
        return StreamOutcome(
            table,
            rows_read=batch.rows_read,
            rows_landed=batch.rows_landed,
            rows_quarantined=batch.rows_quarantined,
            batches=1,
            seconds=seconds,
        )
