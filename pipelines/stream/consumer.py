"""At-least-once consumption: receive, make durable, acknowledge.

A batch is closed by count, size or age. While it is made durable, the next batch is received, but no more
than that one: further messages are not read, so that a slow disk applies backpressure to the broker and
memory stays bounded. When landing fails or the connection breaks, received messages are dropped here and
redelivered by the broker.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace

import duckdb
import psycopg

from pipelines.stream.session import DurableSession, Received

# Ten seconds from receipt to the lake, less the time for landing and registering. Every batch is a file that
# readers open, so a shorter age would make reads slower.
BATCH_SECONDS = 4.0
BATCH_MESSAGES = 50_000
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
RECEIVE_SECONDS = 0.2
PATIENCE_ROUND_TRIPS = 20
# The texts of these errors name places, never a value of a message.
TOLD = (OSError, RuntimeError, psycopg.OperationalError, duckdb.IOException)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StreamOutcome:
    """Rows received for one table: rows read = rows landed + rows quarantined.

    `rows_repeated` counts rows of redelivered batches that had landed before unchanged.
    """

    table: str
    rows_read: int = 0
    rows_landed: int = 0
    rows_quarantined: int = 0
    rows_repeated: int = 0
    batches: int = 0
    seconds: float = 0.0

    def plus(self, other: StreamOutcome) -> StreamOutcome:
        """Return the sum of both."""
        return replace(
            self,
            rows_read=self.rows_read + other.rows_read,
            rows_landed=self.rows_landed + other.rows_landed,
            rows_quarantined=self.rows_quarantined + other.rows_quarantined,
            rows_repeated=self.rows_repeated + other.rows_repeated,
            batches=self.batches + other.batches,
            seconds=round(self.seconds + other.seconds, 3),
        )


class StreamConsumer:
    """Moves messages from durable sessions into durable batches.

    Args:
        open_session: returns a new, unopened session on each call.
        land: makes received messages durable or raises. Called in a separate thread, one call at
            a time.
        batch_messages: a batch is closed when it holds this many.
        batch_seconds: or when its oldest message has waited this long.
    """

    def __init__(
        self,
        open_session: Callable[[], DurableSession],
        land: Callable[[Received], list[StreamOutcome]],
        *,
        batch_messages: int = BATCH_MESSAGES,
        batch_seconds: float = BATCH_SECONDS,
    ) -> None:
        self._open_session = open_session
        self._land = land
        self._batch_messages = batch_messages
        self._batch_seconds = batch_seconds
        self._pause = FIRST_PAUSE_SECONDS
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="landing")
        self._in_landing: tuple[Received, Future[list[StreamOutcome]]] | None = None
        self.outcomes: dict[str, StreamOutcome] = {}

    def drain(self, idle_seconds: float) -> dict[str, StreamOutcome]:
        """Consume until nothing has arrived for `idle_seconds`; returns the outcomes by table.

        For a slow broker, the idle time is extended to a multiple of its round trip.

        Raises:
            SessionLostError: the broker is unreachable or the connection was lost.
        """
        with self._opened() as session:
            last_message_at = time.monotonic()
            while True:
                if session.receive(RECEIVE_SECONDS, until=self._batch_messages):
                    self._land_if_due(session)
                    last_message_at = time.monotonic()
                    continue
                if session.received or self._in_landing:
                    self._land_all(session)
                    last_message_at = time.monotonic()
                patience = max(idle_seconds, PATIENCE_ROUND_TRIPS * session.round_trip())
                if not session.received and time.monotonic() - last_message_at >= patience:
                    return self.outcomes

    def run(self, stopped: threading.Event) -> None:
        """Consume until `stopped` is set, across lost connections and failed landings of every kind.

        Messages that cannot land are not acknowledged and are redelivered; a service that exited would stop
        taking messages from every device.
        """
        while not stopped.is_set():
            try:
                self._run_session(stopped)
            except Exception as error:
                said = error if isinstance(error, TOLD) else f"Landing failed ({type(error).__name__})."
                logger.warning("%s Trying again in %.0f s.", said, self._pause)
                stopped.wait(self._pause)
                self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    def _run_session(self, stopped: threading.Event) -> None:
        with self._opened() as session:
            while not stopped.is_set():
                session.receive(RECEIVE_SECONDS, until=self._batch_messages)
                self._land_if_due(session)
            self._land_all(session)

    @contextmanager
    def _opened(self) -> Iterator[DurableSession]:
        session = self._open_session()
        session.open()
        try:
            yield session
        finally:
            self._forget_landing()
            session.close()

    def _land_if_due(self, session: DurableSession) -> None:
        if self._in_landing and self._in_landing[1].done():
            self._acknowledge(session)
        waiting = session.received
        if waiting.is_full(self._batch_messages) or waiting.age_seconds() >= self._batch_seconds:
            self._begin_landing(session)

    def _land_all(self, session: DurableSession) -> None:
        self._begin_landing(session)
        self._acknowledge(session)

    def _begin_landing(self, session: DurableSession) -> None:
        """Land the received batch once the previous one is durable."""
        self._acknowledge(session)
        taken = session.take()
        self._in_landing = taken, self._worker.submit(self._land, taken)

    def _acknowledge(self, session: DurableSession) -> None:
        if self._in_landing is None:
            return
        (taken, landing), self._in_landing = self._in_landing, None
        for outcome in landing.result():
            before = self.outcomes.get(outcome.table, StreamOutcome(outcome.table))
            self.outcomes[outcome.table] = before.plus(outcome)
        session.acknowledge(taken)
        self._pause = FIRST_PAUSE_SECONDS

    def _forget_landing(self) -> None:
        """Wait for the batch of a lost session: it may still land, and the broker redelivers it."""
        if self._in_landing:
            wait([self._in_landing[1]])
            self._in_landing = None
