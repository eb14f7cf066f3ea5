"""The fleet and the platform over a real Mosquitto, where one is installed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from pipelines import stream
from pipelines.installation import processes
from pipelines.installation.state import embedded_server, prepare
from pipelines.settings import PROJECT_ROOT, Settings
from tests.support.fake_city import write_fake_city
from tests.support.landed import landed_keys, sent_keys
from tests.support.servers import start_source, stop_sources, temporary_home

PATH = os.environ["PATH"] + os.pathsep + "/usr/sbin"
MOSQUITTO, PASSWD = (shutil.which(name, path=PATH) for name in ("mosquitto", "mosquitto_passwd"))
SHIPPED = PROJECT_ROOT / "simulator" / "serve" / "mosquitto.conf"
SYSTEM = "safety_devices"
MESSAGES = 4_000
PLATFORM, GATEWAY = "community-brain", "fleet-gateway"
DEVICE, OTHER = "34040200001370000001", "34040200001370000002"

pytestmark = pytest.mark.skipif(not (MOSQUITTO and PASSWD), reason="Mosquitto is not installed")


@pytest.fixture
def mosquitto(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    passwords = tmp_path / "passwords"
    passwords.touch()
    for user in (PLATFORM, GATEWAY, DEVICE):
        subprocess.run([PASSWD, "-b", str(passwords), user, "secret"], check=True)
    text = SHIPPED.read_text().replace("listener 1883", f"listener {port}")
    text = text.replace("acl_file ", f"acl_file {SHIPPED.parent}/")
    text = text.replace("password_file passwords", f"password_file {passwords}\nuser root")
    config = tmp_path / "mosquitto.conf"
    config.write_text(text + f"persistence_location {tmp_path}/\n")
    broker = subprocess.Popen([MOSQUITTO, "-c", str(config)], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    yield f"mqtt://community-brain:secret@127.0.0.1:{port}"
    broker.terminate()
    broker.wait(10)


def test_every_message_reaches_the_platform_through_mosquitto(mosquitto):
    with temporary_home() as home:
        settings = Settings(home=home, threads=1)
        write_fake_city(home, rows=1, messages=MESSAGES)
        prepare(settings)
        try:
            start_source(settings, SYSTEM, "--broker", mosquitto, "--gateway", f"{GATEWAY}:secret")
            assert "secret" not in settings.source_endpoint(SYSTEM).url
            wait_until_published(settings)
            stream.drain(settings, SYSTEM)
            assert set(landed_keys(settings)) == sent_keys(settings)
        finally:
            stop_sources(settings)
            embedded_server(settings).stop()


@contextmanager
def connected(broker: str, user: str, client_id: str, *, clean_session: bool = True) -> Iterator[mqtt.Client]:
    """A client that has logged in; what it hears is in `heard`."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean_session)
    client.username_pw_set(user, "secret")
    client.heard, client.connected, client.subscribed = [], threading.Event(), threading.Event()
    client.on_connect = lambda *_: client.connected.set()
    client.on_message = lambda _client, _data, message: client.heard.append((message.topic, message.payload))
    client.on_subscribe = lambda *_: client.subscribed.set()
    client.connect("127.0.0.1", urlsplit(broker).port)
    client.loop_start()
    try:
        assert client.connected.wait(10)
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def subscribe(client: mqtt.Client) -> None:
    client.subscribe("#", qos=1)
    assert client.subscribed.wait(10)


def send(client: mqtt.Client, topic: str, payload: str) -> None:
    client.publish(topic, payload, qos=1).wait_for_publish(10)


def try_to_send(broker: str, user: str, topic: str, payload: str) -> list[tuple[str, bytes]]:
    """What is not allowed is taken and thrown away, or the connection closed; returns what came back."""
    with connected(broker, user, user, clean_session=False) as client:
        with suppress(RuntimeError):
            client.publish(topic, payload, qos=1).wait_for_publish(2)
        time.sleep(0.5)
        return client.heard


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def heard_by_the_platform(broker: str, until: str) -> list[tuple[str, bytes]]:
    """What waits in the platform's session, up to a topic that is sent last."""
    with connected(broker, PLATFORM, PLATFORM, clean_session=False) as platform:
        wait_for(lambda: until in dict(platform.heard))
        return platform.heard


def test_a_device_writes_its_own_topics_and_neither_reads_nor_takes_the_platforms_place(mosquitto):
    own, others = f"city/340402/{DEVICE}/heartbeat", f"city/340402/{OTHER}/heartbeat"
    with connected(mosquitto, PLATFORM, PLATFORM, clean_session=False) as platform:
        subscribe(platform)
    with connected(mosquitto, GATEWAY, GATEWAY) as gateway:
        send(gateway, others, "waiting")
        # Under the platform's name, with a clean session: it would throw away what waits there.
        with connected(mosquitto, DEVICE, PLATFORM) as device:
            subscribe(device)
            send(device, own, "mine")
            try_to_send(mosquitto, DEVICE, others, "forged")
        with connected(mosquitto, DEVICE, DEVICE) as device:
            subscribe(device)
            send(gateway, f"city/340402/{OTHER}/pass_log", "end")
            time.sleep(0.5)
            assert device.heard == []
    found = heard_by_the_platform(mosquitto, until=f"city/340402/{OTHER}/pass_log")
    assert found == [(others, b"waiting"), (own, b"mine"), (f"city/340402/{OTHER}/pass_log", b"end")]


def test_the_platform_writes_nothing(mosquitto):
    with connected(mosquitto, PLATFORM, PLATFORM, clean_session=False) as platform:
        subscribe(platform)
    for device in (DEVICE, PLATFORM):
        assert not try_to_send(mosquitto, PLATFORM, f"city/340402/{device}/heartbeat", "forged")
    with connected(mosquitto, PLATFORM, PLATFORM, clean_session=False) as platform:
        with connected(mosquitto, GATEWAY, GATEWAY) as gateway:
            send(gateway, f"city/340402/{OTHER}/alarm", "end")
        wait_for(lambda: platform.heard)
        assert platform.heard == [(f"city/340402/{OTHER}/alarm", b"end")]


def wait_until_published(settings: Settings) -> None:
    """Until the broker has taken over every message."""
    position = settings.home / "simulator" / SYSTEM / "server" / "position.json"
    deadline = time.monotonic() + 60
    while not position.exists() or json.loads(position.read_text())["position"] < MESSAGES - 1:
        assert time.monotonic() < deadline, processes.log_end(settings, SYSTEM)
        time.sleep(0.1)
