"""The order of things that loses nothing: receive, make durable, acknowledge.

A batch is closed by count or by age. While it is made durable nothing is read,
so a slow disk slows the broker down and memory stays bounded. When landing fails
or the connection breaks, what was received is forgotten here and sent again by
the broker.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import duckdb
import psycopg

from pipelines.stream.session import DurableSession, SessionLostError

BATCH_MESSAGES = 5_000
BATCH_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
RECEIVE_SECONDS = 0.2
PATIENCE_ROUND_TRIPS = 20
WAITED_OUT = (SessionLostError, OSError, RuntimeError, psycopg.Error, duckdb.Error)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StreamOutcome:
    """What came for one table: rows read = rows landed + rows quarantined.

    `rows_repeated` came in batches that had landed before, whole and unchanged.
    """

    table: str
    rows_read: int = 0
    rows_landed: int = 0
    rows_quarantined: int = 0
    rows_repeated: int = 0
    batches: int = 0
    seconds: float = 0.0

    def plus(self, other: StreamOutcome) -> StreamOutcome:
        """Both together."""
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
        open_session: makes a new, unopened session each time that it is called.
        land: makes one table's payloads durable; raises if it cannot.
        batch_messages: a batch is closed when it holds this many.
        batch_seconds: or when its oldest message has waited this long.
    """

    def __init__(
        self,
        open_session: Callable[[], DurableSession],
        land: Callable[[str, list[bytes]], StreamOutcome],
        *,
        batch_messages: int = BATCH_MESSAGES,
        batch_seconds: float = BATCH_SECONDS,
    ) -> None:
        self._open_session = open_session
        self._land = land
        self._batch_messages = batch_messages
        self._batch_seconds = batch_seconds
        self._pause = FIRST_PAUSE_SECONDS
        self.outcomes: dict[str, StreamOutcome] = {}

    def drain(self, idle_seconds: float) -> dict[str, StreamOutcome]:
        """Consume until nothing has come for `idle_seconds`; returns what came, by table.

        From a broker that answers slowly, silence is believed later.

        Raises:
            SessionLostError: the broker is not there or went away.
        """
        session = self._open_session()
        session.open()
        try:
            heard_at = time.monotonic()
            while True:
                if session.receive(RECEIVE_SECONDS, until=self._batch_messages):
                    self._flush_if_due(session)
                    heard_at = time.monotonic()
                    continue
                if session.received:
                    self._flush(session)
                    heard_at = time.monotonic()
                patience = max(idle_seconds, PATIENCE_ROUND_TRIPS * session.round_trip())
                if not session.received and time.monotonic() - heard_at >= patience:
                    return self.outcomes
        finally:
            session.close()

    def run(self, stopped: threading.Event) -> None:
        """Consume until `stopped` is set, through lost connections and failed landings."""
        while not stopped.is_set():
            try:
                self._run_session(stopped)
            except WAITED_OUT as error:
                logger.warning("%s Trying again in %.0f s.", error, self._pause)
                stopped.wait(self._pause)
                self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    def _run_session(self, stopped: threading.Event) -> None:
        session = self._open_session()
        session.open()
        try:
            while not stopped.is_set():
                session.receive(RECEIVE_SECONDS, until=self._batch_messages)
                self._flush_if_due(session)
            self._flush(session)
        finally:
            session.close()

    def _flush_if_due(self, session: DurableSession) -> None:
        waiting = session.received
        if len(waiting) >= self._batch_messages or waiting.age_seconds() >= self._batch_seconds:
            self._flush(session)

    def _flush(self, session: DurableSession) -> None:
        for table, payloads in session.received.payloads.items():
            outcome = self._land(table, payloads)
            self.outcomes[table] = self.outcomes.get(table, StreamOutcome(table)).plus(outcome)
        session.acknowledge()
        self._pause = FIRST_PAUSE_SECONDS
