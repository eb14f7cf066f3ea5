"""The fleet's gateway as a client of a real broker, such as Mosquitto (see mosquitto.conf).

Here a message counts as delivered when the broker acknowledges it: keeping it for the platform is then the
broker's responsibility. The platform's durable session is therefore created before the first message.
"""

from __future__ import annotations

import asyncio
import threading
from typing import NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from simulator.serve import city
from simulator.serve.outbox import Outbox

WINDOW = 1_000
POLL_SECONDS = 0.2
CONNECT_SECONDS = 30


class Login(NamedTuple):
    """Under which name a client comes; nothing where the broker asks nobody."""

    username: str | None = None
    password: str | None = None


class ExternalGateway:
    """Publishes an outbox at QoS 1 over one reconnecting client.

    Args:
        platform: makes the session that the messages are kept for.
        gateway: publishes; a broker lets it write, and the platform only read.
    """

    def __init__(
        self,
        system: str,
        outbox: Outbox,
        host: str,
        port: int,
        *,
        platform: Login,
        gateway: Login,
    ) -> None:
        self._contract = city.contract(system)
        self._outbox = outbox
        self._address = (host, port)
        self._in_flight: dict[int, mqtt.MQTTMessageInfo] = {}
        self._platform = platform
        self._client = self._make_client("fleet-gateway", gateway, clean_session=True)
        self._client.max_inflight_messages_set(WINDOW)

    async def run(self) -> None:
        """Publish until cancelled.

        Raises:
            ConnectionError: the broker refused the first connection or is not there.
        """
        if self._outbox.position < 0:
            await asyncio.to_thread(self._make_session)
        await self._connect()
        sent = self._outbox.position
        try:
            while True:
                sent = await self._publish_chunk(sent)
                self._settle(sent)
        finally:
            self._client.disconnect()
            self._client.loop_stop()
            self._outbox.keep()

    def _make_session(self) -> None:
        """Connect once as the platform, subscribe as its contract says, and leave."""
        name = str(self._contract.server.options["client_id"])
        platform = self._make_client(name, self._platform, clean_session=False)
        subscribed = threading.Event()
        topics = [(table.ingest.topic, 1) for table in self._contract.tables.values()]
        platform.on_connect = lambda client, *_: client.subscribe(topics)
        platform.on_subscribe = lambda *_: subscribed.set()
        self._dial(platform)
        platform.loop_start()
        try:
            if not subscribed.wait(CONNECT_SECONDS):
                raise self._refused()
        finally:
            platform.disconnect()
            platform.loop_stop()

    async def _connect(self) -> None:
        self._dial(self._client)
        self._client.loop_start()
        for _ in range(int(CONNECT_SECONDS / POLL_SECONDS)):
            if self._client.is_connected():
                return
            await asyncio.sleep(POLL_SECONDS)
        raise self._refused()

    def _make_client(self, client_id: str, login: Login, *, clean_session: bool) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean_session)
        if login.username:
            client.username_pw_set(login.username, login.password)
        return client

    def _dial(self, client: mqtt.Client) -> None:
        host, port = self._address
        try:
            client.connect(host, port)
        except OSError as error:
            raise ConnectionError(
                f"No MQTT broker answers on {host}:{port} ({error}). Nothing was published; "
                "start it, or serve without --broker."
            ) from error

    def _refused(self) -> ConnectionError:
        host, port = self._address
        return ConnectionError(
            f"The MQTT broker on {host}:{port} refused the gateway. Nothing was published; "
            "check the users and passwords given with --broker and --gateway."
        )

    async def _publish_chunk(self, sent: int) -> int:
        room = WINDOW - len(self._in_flight)
        messages = await asyncio.to_thread(self._outbox.after, sent, room) if room else []
        if not messages:
            await asyncio.sleep(POLL_SECONDS if room else 0.01)
            return sent
        for message in messages:
            self._in_flight[message.order] = self._client.publish(
                message.topic, message.payload, qos=1, retain=message.is_retained
            )
        return messages[-1].order

    def _settle(self, sent: int) -> None:
        for order in [order for order, info in self._in_flight.items() if info.is_published()]:
            del self._in_flight[order]
        self._outbox.advance(next(iter(self._in_flight), sent + 1) - 1)
