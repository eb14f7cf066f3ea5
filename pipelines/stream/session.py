"""A connection to the durable MQTT session in which the broker queues devices' messages.

Messages are received by one thread into a bounded buffer and acknowledged only on
request. A connection is never reused: its unacknowledged messages are discarded with
it, because the broker redelivers them.
"""

from __future__ import annotations

import json
import select
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from pipelines.settings import SourceEndpoint

# By the scheme of the address; `mqtts` is always encrypted.
DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}
KEEP_ALIVE_SECONDS = 60
CONNECT_TIMEOUT_SECONDS = 15.0
LONGEST_WAIT_SECONDS = 0.5
READS_BETWEEN_WAITS = 500
MOST_BYTES = 64_000_000
UNROUTED = "unrouted"
UNUSED_TOPIC = "brain/round-trip"


class SessionLostError(ConnectionError):
    """The broker is unreachable, rejected us or closed the connection; nothing unacknowledged is lost."""


@dataclass
class Received:
    """Messages received but not yet acknowledged: payloads and topics by table, in order of arrival.

    Messages whose topic matches no table are under `UNROUTED`, as JSON of their topic and text.
    """

    payloads: dict[str, list[bytes]] = field(default_factory=dict)
    topics: dict[str, list[str]] = field(default_factory=dict)
    identifiers: list[tuple[int, int]] = field(default_factory=list)
    first_at: float | None = None
    size_bytes: int = 0

    def __len__(self) -> int:
        return len(self.identifiers)

    def is_full(self, messages: int) -> bool:
        """Whether it holds that many messages, or so many bytes that memory would not stay bounded."""
        return len(self) >= messages or self.size_bytes >= MOST_BYTES

    def age_seconds(self) -> float:
        """How long the oldest message has been waiting."""
        return 0.0 if self.first_at is None else time.monotonic() - self.first_at


class DurableSession:
    """A persistent MQTT 3.1.1 session with manual acknowledgement.

    Args:
        endpoint: address and credentials, never logged; with `ca_file` the connection is encrypted.
        client_id: names the session; one consumer at a time.
        topics: topic filter → table; each message goes to the first that matches.
        quality_of_service: 1 for messages that may not be lost.

    Raises:
        SessionLostError: the address is invalid; nothing was sent anywhere.
    """

    def __init__(
        self,
        endpoint: SourceEndpoint,
        client_id: str,
        topics: Mapping[str, str],
        *,
        quality_of_service: int = 1,
    ) -> None:
        self._host, self._port = _place(endpoint)
        self._topics = dict(topics)
        self._tables: dict[str, str | None] = {}
        self._quality_of_service = quality_of_service
        self._limit = 1
        self._received = Received()
        self._is_subscribed = False
        self._is_answered = False
        self._failure: str | None = None
        self._client = self._make_client(endpoint, client_id)

    def open(self) -> None:
        """Connect and make sure that the session is subscribed.

        Raises:
            SessionLostError: no answer, wrong credentials, or a rejected topic.
        """
        try:
            self._client.connect(self._host, self._port, keepalive=KEEP_ALIVE_SECONDS)
        except ssl.SSLError as error:
            raise self._lost(f"has not proved that it is the one we trust ({error})") from None
        except OSError as error:
            raise self._lost(f"does not answer ({error})") from None
        deadline = time.monotonic() + CONNECT_TIMEOUT_SECONDS
        while not self._is_subscribed:
            if time.monotonic() > deadline:
                raise self._lost(f"did not accept the session within {CONNECT_TIMEOUT_SECONDS:.0f} s")
            self._turn(LONGEST_WAIT_SECONDS)

    def receive(self, seconds: float, *, until: int) -> int:
        """Receive for at most `seconds`, or until `until` messages or too many bytes are buffered.

        Returns the number of messages received.

        Raises:
            SessionLostError: the connection was lost.
        """
        before, deadline = len(self._received), time.monotonic() + seconds
        self._limit = until
        while not self._received.is_full(until) and (left := deadline - time.monotonic()) > 0:
            self._turn(min(left, LONGEST_WAIT_SECONDS))
        return len(self._received) - before

    def round_trip(self) -> float:
        """Send a request to the broker and wait for its answer; return the seconds taken.

        Messages that arrive meanwhile are received too.

        Raises:
            SessionLostError: the connection was lost, or no answer came.
        """
        started = time.monotonic()
        self._is_answered = False
        # Unsubscribing from a topic without a subscription changes nothing and is always answered.
        self._client.unsubscribe(UNUSED_TOPIC)
        while not self._is_answered:
            if time.monotonic() - started > CONNECT_TIMEOUT_SECONDS:
                raise self._lost(f"gave no answer within {CONNECT_TIMEOUT_SECONDS:.0f} s")
            self._turn(LONGEST_WAIT_SECONDS)
        return time.monotonic() - started

    @property
    def received(self) -> Received:
        """The messages that wait to be made durable."""
        return self._received

    def take(self) -> Received:
        """Hand over the buffered messages; later ones go to a new buffer."""
        taken, self._received = self._received, Received()
        return taken

    def acknowledge(self, durable: Received) -> None:
        """Acknowledge messages that are durable here to the broker.

        Raises:
            SessionLostError: the connection was lost; the broker will redeliver.
        """
        for identifier, quality_of_service in durable.identifiers:
            self._client.ack(identifier, quality_of_service)
        while self._client.want_write():
            self._write()

    def close(self) -> None:
        """Disconnect; the broker keeps the session and queues new messages."""
        self._client.disconnect()
        while self._client.want_write() and self._client.socket() is not None:
            self._client.loop_write()

    def _make_client(self, endpoint: SourceEndpoint, client_id: str) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        if endpoint.username:
            password = endpoint.password.get_secret_value() if endpoint.password else None
            client.username_pw_set(endpoint.username, password)
        if endpoint.ca_file:
            client.tls_set_context(_trusting(endpoint.ca_file))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _turn(self, seconds: float) -> None:
        """Wait for the socket, then read what is available, up to a bound."""
        if self._client.want_write():
            self._write()
        connection = self._client.socket()
        if connection is None or self._failure:
            raise self._lost(self._failure or "closed the connection")
        if _is_decrypted(connection) or select.select([connection], [], [], seconds)[0]:
            self._read()
        self._client.loop_misc()

    def _read(self) -> None:
        for _ in range(READS_BETWEEN_WAITS):
            before = len(self._received)
            if self._client.loop_read() != mqtt.MQTT_ERR_SUCCESS:
                raise self._lost(self._failure or "closed the connection")
            if len(self._received) == before or self._received.is_full(self._limit):
                return

    def _write(self) -> None:
        if self._client.loop_write() != mqtt.MQTT_ERR_SUCCESS:
            raise self._lost(self._failure or "closed the connection")

    def _on_connect(
        self, client: mqtt.Client, _data: object, flags: mqtt.ConnectFlags, code: ReasonCode, _: object
    ) -> None:
        if code.is_failure:
            self._failure = f"refused the session ({code})"
        else:
            # Also for an existing session: the contract's topics may have grown. The answer comes behind
            # everything queued there, which may be hours of messages, and is not waited for.
            client.subscribe([(topic, self._quality_of_service) for topic in self._topics])
            self._is_subscribed = flags.session_present

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, codes: list[ReasonCode], _: object
    ) -> None:
        refused = [topic for topic, code in zip(self._topics, codes, strict=False) if code.is_failure]
        if refused:
            self._failure = f"refused the topics {', '.join(refused)}"
        self._is_subscribed = self._is_subscribed or not refused

    def _on_unsubscribe(self, *_: object) -> None:
        self._is_answered = True

    def _on_disconnect(self, *_: object) -> None:
        self._failure = self._failure or "closed the connection"

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        table, topic = self._routed(message)
        payload = message.payload if table else _with_topic(topic, message.payload)
        if self._received.first_at is None:
            self._received.first_at = time.monotonic()
        self._received.size_bytes += len(message.payload)
        self._received.payloads.setdefault(table or UNROUTED, []).append(payload)
        self._received.topics.setdefault(table or UNROUTED, []).append(topic)
        # Last: what is not in the buffer must not be acknowledged.
        self._received.identifiers.append((message.mid, message.qos))

    def _routed(self, message: mqtt.MQTTMessage) -> tuple[str | None, str]:
        """Return the table of a message and its topic; one whose topic is no UTF-8 belongs to no table."""
        try:
            return self._table_of(message.topic), message.topic
        except UnicodeDecodeError:
            return None, message._topic.decode(errors="backslashreplace")

    def _table_of(self, topic: str) -> str | None:
        if topic not in self._tables:
            matching = (
                table for pattern, table in self._topics.items() if mqtt.topic_matches_sub(pattern, topic)
            )
            self._tables[topic] = next(matching, None)
        return self._tables[topic]

    def _lost(self, what: str) -> SessionLostError:
        return SessionLostError(
            f"The MQTT broker on {self._host}:{self._port} {what}. Nothing unacknowledged is lost: "
            "the broker and the devices keep it. Check the broker and the credentials; "
            "the next run goes on from there."
        )


def _place(endpoint: SourceEndpoint) -> tuple[str, int]:
    """Return the broker's host and port, after checking that its address can be honoured."""
    address = urlsplit(endpoint.url)
    if address.scheme not in DEFAULT_PORTS:
        raise SessionLostError(
            f"The address of the MQTT broker begins with '{address.scheme}'; "
            f"it may be {' or '.join(DEFAULT_PORTS)}. Nothing was sent. Correct the address."
        )
    if address.scheme == "mqtts" and not endpoint.ca_file:
        raise SessionLostError(
            f"The MQTT broker on {address.hostname} is to be talked to encrypted (mqtts), and nothing says "
            "whose certificate it shows. Nothing was sent. Set the `ca_file` of its address."
        )
    return address.hostname or "", address.port or DEFAULT_PORTS["mqtts" if endpoint.ca_file else "mqtt"]


def _trusting(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise SessionLostError(
            f"The authority that knows the MQTT broker cannot be read from '{ca_file}' ({error}). "
            "Nothing was sent. Correct the `ca_file` of its address."
        ) from None


def _is_decrypted(connection: object) -> bool:
    """Whether decrypted bytes are buffered in memory, which the socket no longer reports as readable."""
    return isinstance(connection, ssl.SSLSocket) and connection.pending() > 0


def _with_topic(topic: str, payload: bytes) -> bytes:
    return json.dumps({"topic": topic, "payload": payload.decode(errors="backslashreplace")}).encode()
