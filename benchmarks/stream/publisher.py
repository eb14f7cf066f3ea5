"""A gateway that sends at a given rate and resends what a broker lost.

`python -m benchmarks.stream.publisher PORT FIRST COUNT RATE REPORT` sends the messages FIRST to FIRST+COUNT-1
at RATE per second (0: as fast as possible, and also after SIGUSR1) and writes the outcome to REPORT. A
message is generated from its number alone, and its time is the moment it was first sent.

A broker acknowledges before it saves, so a killed one forgets its last seconds: after a lost connection the
gateway rewinds behind everything acknowledged within `SAVED_AFTER_SECONDS`, and it stays connected for as
long after the last message. Written on the bare protocol so that the load generator costs little compared
with what is measured.
"""

from __future__ import annotations

import json
import select
import signal
import socket
import struct
import sys
import time
from collections import deque
from datetime import datetime, timedelta, timezone
from pathlib import Path

DEVICES = 2_000
CHUNK = 200
WINDOW = 20_000
SAVED_AFTER_SECONDS = 10.0
PAUSE_SECONDS = 0.2
CONNECT = b"\x10\x14\x00\x04MQTT\x04\x02\x00\x00\x00\x08gateway\x31"
PUBACK_BYTES = 4
CITY = timezone(timedelta(hours=8))
HEARTBEAT, PASS_LOG = "heartbeat", "pass_log"


def table_of(order: int) -> str:
    """Return the table of a message: every sixth is a passage, the others are heartbeats."""
    return PASS_LOG if order % 6 == 5 else HEARTBEAT


def message_key(order: int) -> str:
    """Return the record id under which a message lands."""
    return f"{_device(order)}|{order // DEVICES + 1}"


def _device(order: int) -> str:
    return f"34040200001370{order % DEVICES:06d}"


def _packet(order: int, stamp: str) -> bytes:
    body = (
        '"direction_code":"IN","credential_type_code":"CARD","is_granted":true'
        if table_of(order) == PASS_LOG
        else f'"battery_percent":{order % 100},"signal_dbm":-61,"temperature_celsius":22.5'
    )
    payload = (
        f'{{"device_id":"{_device(order)}","message_id":{order // DEVICES + 1},{body},'
        f'"event_time":"{stamp}","gateway_time":"{stamp}"}}'
    ).encode()
    topic = f"city/340402/{_device(order)}/{table_of(order)}".encode()
    content = struct.pack("!H", len(topic)) + topic + struct.pack("!H", order % 65_535 + 1) + payload
    # All packets are between 128 and 16,383 bytes long, so the length takes two bytes.
    return b"\x32" + bytes([len(content) & 127 | 128, len(content) >> 7]) + content


class Gateway:
    """Sends a range of messages at a rate, each until the broker has certainly saved it."""

    def __init__(self, port: int, first: int, count: int, rate: float) -> None:
        self._address = ("127.0.0.1", port)
        self._first, self._end, self._rate = first, first + count, rate
        self._saved_after = SAVED_AFTER_SECONDS if rate else 0.0
        self._sent = self._acknowledged = first
        self._acknowledged_at: deque[tuple[float, int]] = deque()
        self._stamps: list[str] = []
        self._incoming = b""
        self._started = time.monotonic()
        self.sent_again = 0
        self.sending_seconds = 0.0
        self.lost_connections = 0

    def run(self) -> None:
        """Send everything; returns once the messages need not be kept any longer."""
        while not self._is_settled():
            try:
                with socket.create_connection(self._address, timeout=5) as connection:
                    self._talk(connection)
            except OSError:
                self._go_back()
                time.sleep(PAUSE_SECONDS)

    def hurry(self) -> None:
        """Send the rest as fast as possible."""
        self._rate = 0.0

    def _talk(self, connection: socket.socket) -> None:
        connection.sendall(CONNECT)
        if len(connection.recv(4)) < PUBACK_BYTES:
            raise ConnectionResetError
        self._incoming = b""
        while not self._is_settled():
            due = self._due()
            if self._sent < due:
                connection.sendall(b"".join(self._packets(min(due, self._sent + CHUNK))))
            waiting = self._sent >= due
            if select.select([connection], [], [], 0.005 if waiting else 0)[0]:
                self._hear(connection.recv(65_536))

    def _due(self) -> int:
        """Return the message number up to which sending is due."""
        elapsed = time.monotonic() - self._started
        by_rate = self._first + int(elapsed * self._rate) if self._rate else self._end
        return min(by_rate, self._acknowledged + WINDOW, self._end)

    def _packets(self, until: int) -> list[bytes]:
        packets = [_packet(order, self._stamp(order)) for order in range(self._sent, until)]
        self._sent = until
        self.sending_seconds = time.monotonic() - self._started
        return packets

    def _stamp(self, order: int) -> str:
        place = order - self._first
        if place == len(self._stamps):
            self._stamps.append(datetime.now(CITY).isoformat(timespec="milliseconds"))
        return self._stamps[place]

    def _hear(self, received: bytes) -> None:
        if not received:
            raise ConnectionResetError
        # A broker acknowledges in order of receipt (MQTT 3.1.1, 4.6).
        self._incoming += received
        count = len(self._incoming) // PUBACK_BYTES
        self._incoming = self._incoming[count * PUBACK_BYTES :]
        self._acknowledged += count
        self._acknowledged_at.append((time.monotonic(), self._acknowledged))

    def _go_back(self) -> None:
        saved_until = time.monotonic() - SAVED_AFTER_SECONDS
        safe = self._first
        while self._acknowledged_at and self._acknowledged_at[0][0] <= saved_until:
            safe = max(safe, self._acknowledged_at.popleft()[1])
        self.sent_again += self._sent - safe
        self.lost_connections += self._sent > safe
        self._acknowledged_at.clear()
        self._acknowledged_at.append((saved_until, safe))
        self._sent = self._acknowledged = safe

    def _is_settled(self) -> bool:
        if self._acknowledged < self._end:
            return False
        return time.monotonic() - self._acknowledged_at[-1][0] >= self._saved_after


def main(port: str, first: str, count: str, rate: str, report: str) -> None:
    """Send the messages, then write the report."""
    gateway = Gateway(int(port), int(first), int(count), float(rate))
    signal.signal(signal.SIGUSR1, lambda *_: gateway.hurry())
    gateway.run()
    Path(report).write_text(
        json.dumps(
            {
                "messages": int(count), "sending_seconds": round(gateway.sending_seconds, 2),
                "sent_again": gateway.sent_again, "lost_connections": gateway.lost_connections,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
