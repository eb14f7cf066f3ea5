"""The fleet's outbox: messages in sending order, and the position reached.

The position advances only over acknowledged messages and is written to disk at most once a second: a restart
therefore resends the last moments, which receivers of MQTT at QoS 1 must expect.
"""

from __future__ import annotations

import json
import logging
import time
from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple

import duckdb

from pipelines.installation.durable_files import write_text_durably
from pipelines.installation.one_row import one_value
from simulator.serve import city

KEEP_SECONDS = 1.0
SLAB = 20_000
logger = logging.getLogger(__name__)


class Message(NamedTuple):
    """One outgoing message; `order` is its position in the outbox."""

    order: int
    topic: str
    payload: str
    is_retained: bool


class Outbox:
    """Messages of one generated city and the durable position in them.

    The position belongs to the city's identity: a newly generated city starts from its first message.
    """

    def __init__(self, messages: Path, folder: Path, identity: str) -> None:
        self._messages = messages
        self._position_file = folder / "position.json"
        self._identity = identity
        self._connection = city.open_duckdb()
        self.position = self._kept = self._read_position()
        self._kept_at = 0.0
        self._slab: list[Message] = []

    def after(self, order: int, count: int) -> list[Message]:
        """Return up to `count` messages after a position; empty at the end.

        A file that cannot be read because it is being replaced is retried later.
        """
        if not self._slab or not self._slab[0].order <= order < self._slab[-1].order:
            try:
                self._slab = self._read_slab(order)
            except (duckdb.IOException, duckdb.InvalidInputException) as error:
                logger.warning("the messages cannot be read now, trying again: %s", error)
                time.sleep(KEEP_SECONDS)
                return []
        start = bisect_right(self._slab, order, key=lambda message: message.order)
        return self._slab[start : start + count]

    def _read_slab(self, order: int) -> list[Message]:
        # Bounded on both sides, so that only the row groups containing it are read.
        cursor, messages = self._connection.cursor(), [str(self._messages)]
        result = cursor.execute(
            "select min(publish_order) from read_parquet(?) where publish_order > ?", [*messages, order]
        )
        first = one_value(result)
        if first is None:
            return []
        rows = cursor.execute(
            "select publish_order, topic, payload, retained from read_parquet(?) "
            "where publish_order between ? and ? order by publish_order",
            [*messages, first, first + SLAB],
        )
        return [Message(*row) for row in rows.fetchall()]

    def retained_until(self, order: int) -> list[Message]:
        """Return the newest retained message of every topic that has already been sent."""
        rows = self._connection.cursor().execute(
            "select max(publish_order), topic, arg_max(payload, publish_order), true from read_parquet(?) "
            "where retained and publish_order <= ? group by topic",
            [str(self._messages), order],
        )
        return [Message(*row) for row in rows.fetchall()]

    def advance(self, order: int) -> None:
        """Mark everything up to `order` as acknowledged; saved to disk once a second."""
        self.position = max(self.position, order)
        if self.position > self._kept and time.monotonic() - self._kept_at >= KEEP_SECONDS:
            self.keep()

    def keep(self) -> None:
        """Save the position durably now."""
        state = {"city": self._identity, "position": self.position}
        write_text_durably(self._position_file, json.dumps(state))
        self._kept, self._kept_at = self.position, time.monotonic()

    def _read_position(self) -> int:
        self._position_file.parent.mkdir(parents=True, exist_ok=True)
        if not self._position_file.exists():
            return -1
        state = json.loads(self._position_file.read_text())
        return int(state["position"]) if state["city"] == self._identity else -1
