"""The fleet's broker over a real socket: who may connect, what is kept, what is sent again."""

from __future__ import annotations

import json
import threading
import time

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from pipelines.installation import processes
from pipelines.settings import Settings
from tests.support.fake_city import DEVICES, write_fake_city
from tests.support.servers import kill_process, start_source, stop_sources

MESSAGES = 2_000
SYSTEM = "safety_devices"


class Subscriber:
    """A plain MQTT client that keeps what it is sent."""

    def __init__(
        self, settings: Settings, client_id: str, *, password: str | None = None, acknowledge: bool = True
    ):
        endpoint = settings.source_endpoint(SYSTEM)
        self.messages: list[mqtt.MQTTMessage] = []
        self.code = None
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=not acknowledge
        )
        self.client.username_pw_set(endpoint.username, password or endpoint.password.get_secret_value())
        self.client.on_connect = self._on_connect
        self.client.on_message = lambda _client, _data, message: self.messages.append(message)
        host, port = endpoint.url.removeprefix("mqtt://").split(":")
        self.client.connect(host, int(port))
        self.client.loop_start()

    def _on_connect(self, client, _data, _flags, code, _properties):
        self.code = code
        client.subscribe("city/+/+/+", qos=1)

    def orders(self) -> list[tuple[str, int]]:
        live = [message for message in self.messages if not message.retain]
        return [(message.topic, json.loads(message.payload)["message_id"]) for message in live]

    def settle(self) -> None:
        """Wait until the broker has read every acknowledgement sent so far: it answers in order."""
        answered = threading.Event()
        self.client.on_unsubscribe = lambda *_: answered.set()
        self.client.unsubscribe("nobody/listens/here")
        assert answered.wait(20)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def settings(tmp_path):
    settings = Settings(home=tmp_path)
    write_fake_city(tmp_path, rows=1, messages=MESSAGES)
    start_source(settings, SYSTEM)
    yield settings
    stop_sources(settings)


def wait_for(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def position(settings: Settings) -> int:
    path = settings.home / "simulator" / SYSTEM / "server" / "position.json"
    return json.loads(path.read_text())["position"] if path.exists() else -1


def test_anonymous_and_wrong_passwords_are_refused(settings):
    stranger = Subscriber(settings, "community-brain", password="wrong")
    wait_for(lambda: stranger.code is not None)
    assert stranger.code.is_failure
    time.sleep(1)
    assert stranger.messages == []
    stranger.close()


def test_messages_wait_for_the_platform_and_come_in_order_after_a_restart(settings):
    time.sleep(1)
    assert position(settings) == -1
    platform = Subscriber(settings, "community-brain")
    wait_for(lambda: position(settings) == MESSAGES - 1)
    first = platform.orders()
    platform.close()
    assert len(first) == MESSAGES
    assert first == sorted(first, key=lambda entry: entry[1])
    kill_process(settings, SYSTEM)
    start_source(settings, SYSTEM)
    again = Subscriber(settings, "community-brain")
    wait_for(lambda: len(again.messages) >= DEVICES)
    time.sleep(1)
    assert again.orders() == []
    assert {message.topic for message in again.messages if message.retain} == {
        topic for topic, _ in first[:DEVICES]
    }
    again.close()


def test_what_was_not_acknowledged_is_sent_again(settings):
    careless = Subscriber(settings, "community-brain", acknowledge=False)
    wait_for(lambda: len(careless.orders()) == MESSAGES)
    careless.close()
    assert position(settings) == -1
    careful = Subscriber(settings, "community-brain")
    wait_for(lambda: len(careful.orders()) == MESSAGES)
    wait_for(lambda: position(settings) == MESSAGES - 1)
    careful.close()


def test_it_ends_cleanly_when_told_to(settings):
    platform = Subscriber(settings, "community-brain")
    wait_for(lambda: len(platform.orders()) == MESSAGES)
    platform.settle()
    assert processes.stop(settings, SYSTEM, timeout_seconds=10)
    platform.close()
    assert "Traceback" not in processes.log_end(settings, SYSTEM, lines=100)
    assert position(settings) == MESSAGES - 1
