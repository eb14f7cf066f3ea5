"""The embedded MQTT 3.1.1 broker (amqtt), with acknowledgements visible to the gateway.

amqtt drops a QoS 1 message whose acknowledgement takes longer than five seconds or whose client disconnects.
The platform acknowledges only what is durable, so the gateway keeps its own window of unacknowledged
messages, and this module gives it both ends of the wire: writing whole PUBLISH packets, and seeing PUBACKs
before amqtt does.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from amqtt.adapters import ReaderAdapter, StreamWriterAdapter, WriterAdapter
from amqtt.broker import Broker
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from pipelines.installation.durable_files import write_text_durably
from simulator.serve.process import LOOPBACK

PUBLISH_QOS_1 = 0x32
PUBACK = 0x40
PUBACK_LENGTH = 4
READ_BYTES = 65_536
CONNECTED = "connected"


class WatchedReader(ReaderAdapter):
    """A connection's incoming bytes without the acknowledgements that the gateway waits for."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream
        self._incoming = bytearray()
        self._passed = bytearray()
        self.watch: Callable[[int], bool] | None = None

    async def read(self, n: int = -1) -> bytes:
        """Return the next `n` bytes for the broker; fewer only at the end of the connection."""
        while len(self._passed) < n:
            chunk = await self._stream.read(READ_BYTES)
            if not chunk:
                break
            self._incoming += chunk
            self._sort()
        taken = bytes(self._passed[:n])
        del self._passed[:n]
        return taken

    def feed_eof(self) -> None:
        """End the connection's input."""
        self._stream.feed_eof()

    def _sort(self) -> None:
        start = 0
        while (end := _packet_end(self._incoming, start)) is not None:
            if not self._is_watched(start, end):
                self._passed += self._incoming[start:end]
            start = end
        del self._incoming[:start]

    def _is_watched(self, start: int, end: int) -> bool:
        if self.watch is None or self._incoming[start] != PUBACK or end - start != PUBACK_LENGTH:
            return False
        return self.watch(int.from_bytes(self._incoming[start + 2 : end], "big"))


@dataclass(frozen=True)
class Link:
    """One live connection of a durable, subscribed session."""

    reader: WatchedReader
    writer: WriterAdapter
    filters: tuple[str, ...]


def publish_packet(topic: str, payload: str, packet_id: int) -> bytes:
    """Return a whole PUBLISH packet at QoS 1."""
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + struct.pack("!H", packet_id) + payload.encode()
    return bytes([PUBLISH_QOS_1]) + _variable_length(len(body)) + body


def _variable_length(length: int) -> bytes:
    encoded = bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | 0x80 if length else digit)
        if not length:
            return bytes(encoded)


def _packet_end(buffer: bytearray, start: int) -> int | None:
    """Return where the packet that begins at `start` ends; None while it is incomplete."""
    length = 0
    for place in range(4):
        at = start + 1 + place
        if at >= len(buffer):
            return None
        length |= (buffer[at] & 0x7F) << (7 * place)
        if not buffer[at] & 0x80:
            end = at + 1 + length
            return end if end <= len(buffer) else None
    raise ConnectionError("A client sent a packet with an impossible length; its connection is closed.")


class EmbeddedBroker(Broker):
    """amqtt on loopback with password authentication and watched acknowledgements."""

    @classmethod
    def listening(cls, port: int, password_file: Path, passwords: dict[str, str]) -> EmbeddedBroker:
        """Return a broker that is not started yet; anonymous clients are rejected."""
        hashes = PasswordHash((Argon2Hasher(),))
        lines = [f"{name}:{hashes.hash(password)}" for name, password in passwords.items()]
        write_text_durably(password_file, "\n".join(lines) + "\n", mode=0o600)
        plugins = {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(password_file)}}
        return cls(
            {"listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}}, "plugins": plugins}
        )

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Accept a connection and intercept its acknowledgements."""
        watched = WatchedReader(reader)
        await self._client_connected(listener_name, watched, StreamWriterAdapter(writer))

    def restart_packet_ids(self, client_id: str) -> None:
        """Let amqtt number a session's own packets from one again, apart from the gateway's."""
        self.sessions[client_id][0]._packet_id = 0

    def link_of(self, client_id: str) -> Link | None:
        """Return the connection of a client whose session is durable and subscribed; None otherwise."""
        session, handler = self.sessions.get(client_id, (None, None))
        if session is None or session.clean_session or session.transitions.state != CONNECTED:
            return None
        filters = tuple(
            topic_filter
            for topic_filter, subscribers in self.subscriptions.items()
            if any(subscriber.client_id == client_id for subscriber, _ in subscribers)
        )
        if not filters or handler.reader is None or handler.writer is None:
            return None
        return Link(handler.reader, handler.writer, filters)
