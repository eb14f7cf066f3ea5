"""The fleet and the platform over a real Mosquitto, where one is installed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

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

pytestmark = pytest.mark.skipif(not (MOSQUITTO and PASSWD), reason="Mosquitto is not installed")


@pytest.fixture
def mosquitto(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    passwords = tmp_path / "passwords"
    subprocess.run([PASSWD, "-b", "-c", str(passwords), "community-brain", "secret"], check=True)
    text = SHIPPED.read_text().replace("listener 1883", f"listener {port}")
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
            start_source(settings, SYSTEM, "--broker", mosquitto)
            assert "secret" not in settings.source_endpoint(SYSTEM).url
            wait_until_published(settings)
            stream.drain(settings, SYSTEM)
            assert set(landed_keys(settings)) == sent_keys(settings)
        finally:
            stop_sources(settings)
            embedded_server(settings).stop()


def wait_until_published(settings: Settings) -> None:
    """Until the broker has taken over every message."""
    position = settings.home / "simulator" / SYSTEM / "server" / "position.json"
    deadline = time.monotonic() + 60
    while not position.exists() or json.loads(position.read_text())["position"] < MESSAGES - 1:
        assert time.monotonic() < deadline, processes.log_end(settings, SYSTEM)
        time.sleep(0.1)
