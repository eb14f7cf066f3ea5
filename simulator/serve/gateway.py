"""The fleet's gateway: store and forward into the platform's durable session.

It waits until the session exists and is subscribed, keeps a bounded window of messages in flight, and
advances the outbox's position only over acknowledged ones. After a lost connection it resumes at that
position.
"""

from __future__ import annotations

import asyncio
import logging
from functools import lru_cache

from paho.mqtt.client import topic_matches_sub

from simulator.serve.broker import EmbeddedBroker, Link, publish_packet
from simulator.serve.outbox import Message, Outbox

# The upper half of the packet identifiers; amqtt numbers its own from one.
FIRST_PACKET_ID = 32_768
WINDOW = 20_000
CHUNK = 500
POLL_SECONDS = 0.05
# A client subscribes to its topics one by one, so wait until the list is stable.
SETTLED_POLLS = 3
logger = logging.getLogger(__name__)


class Window:
    """Messages sent over one connection and not acknowledged yet."""

    def __init__(self, position: int) -> None:
        self._in_flight: dict[int, int] = {}
        self._next = 0
        self.sent = position
        self.moved = asyncio.Event()

    def __len__(self) -> int:
        return len(self._in_flight)

    def packet(self, message: Message) -> bytes:
        """Return the message's packet, which counts as in flight from now on."""
        packet_id = FIRST_PACKET_ID + self._next % FIRST_PACKET_ID
        self._next += 1
        self._in_flight[packet_id] = message.order
        return publish_packet(message.topic, message.payload, packet_id)

    def acknowledge(self, packet_id: int) -> bool:
        """Remove a message from flight; returns False for a foreign identifier."""
        self.moved.set()
        return self._in_flight.pop(packet_id, None) is not None

    def settled(self) -> int:
        """Return the position up to which everything was acknowledged."""
        return next(iter(self._in_flight.values()), self.sent + 1) - 1


class FleetGateway:
    """Delivers an outbox to one client of the embedded broker, for as long as it runs."""

    def __init__(self, broker: EmbeddedBroker, outbox: Outbox, client_id: str) -> None:
        self._broker = broker
        self._outbox = outbox
        self._client_id = client_id

    async def run(self) -> None:
        """Deliver until cancelled."""
        for message in self._outbox.retained_until(self._outbox.position):
            await self._retain(message)
        try:
            while True:
                link = await self._settled_link()
                logger.info("delivering behind message %s", self._outbox.position)
                await self._deliver(link)
        finally:
            self._outbox.keep()

    async def _settled_link(self) -> Link:
        seen: Link | None = None
        times = 0
        while seen is None or times < SETTLED_POLLS:
            await asyncio.sleep(POLL_SECONDS)
            link = self._broker.link_of(self._client_id)
            times = times + 1 if link and link == seen else 0
            seen = link
        self._broker.restart_packet_ids(self._client_id)
        return seen

    async def _deliver(self, link: Link) -> None:
        window = Window(self._outbox.position)
        link.reader.watch = window.acknowledge
        try:
            while self._broker.link_of(self._client_id) == link:
                if len(window) > WINDOW - CHUNK or not await self._send(link, window):
                    await _wait(window.moved)
                self._outbox.advance(window.settled())
        except OSError as error:
            logger.info("connection lost: %s", error)
        finally:
            link.reader.watch = None
            self._outbox.advance(window.settled())
            self._outbox.keep()

    async def _send(self, link: Link, window: Window) -> bool:
        messages = await asyncio.to_thread(self._outbox.after, window.sent, CHUNK)
        if not messages:
            return False
        wanted = [message for message in messages if _is_wanted(message.topic, link.filters)]
        link.writer.write(b"".join(window.packet(message) for message in wanted))
        window.sent = messages[-1].order
        for message in messages:
            if message.is_retained:
                await self._retain(message)
        await link.writer.drain()
        return True

    async def _retain(self, message: Message) -> None:
        await self._broker.retain_message(None, message.topic, message.payload.encode(), 1)


async def _wait(moved: asyncio.Event) -> None:
    moved.clear()
    try:
        await asyncio.wait_for(moved.wait(), POLL_SECONDS)
    except TimeoutError:
        return


@lru_cache(maxsize=100_000)
def _is_wanted(topic: str, filters: tuple[str, ...]) -> bool:
    return any(topic_matches_sub(topic_filter, topic) for topic_filter in filters)
