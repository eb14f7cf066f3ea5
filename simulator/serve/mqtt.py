"""A device system: an MQTT broker and the fleet's gateway.

Without a broker argument, an embedded one runs in this process and the gateway sends messages only as fast as
the platform's durable session accepts them. With one, the gateway is an ordinary client of it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
from collections.abc import Coroutine
from pathlib import Path
from urllib.parse import urlsplit

from simulator.serve import city, process
from simulator.serve.broker import EmbeddedBroker
from simulator.serve.gateway import FleetGateway
from simulator.serve.mqtt_external import ExternalGateway, Login
from simulator.serve.outbox import Outbox

USERNAME = "community-brain"
DEFAULT_MQTT_PORT = 1883
logger = logging.getLogger(__name__)


def run(home: Path, system: str, broker: str | None = None, gateway: str | None = None) -> None:
    """Serve until SIGTERM; the position of the fleet's outbox is kept when it ends."""
    for library in ("amqtt", "transitions"):
        logging.getLogger(library).setLevel(logging.WARNING)
    with process.pid_file(home, system):
        serving = _serve_external(home, system, broker, gateway) if broker else _serve_embedded(home, system)
        asyncio.run(serving)


async def _serve_embedded(home: Path, system: str) -> None:
    stopped = _stop_event()
    folder = home / "simulator" / system / "server"
    outbox = Outbox(city.table_file(home, system, "messages"), folder, city.city_identity(home))
    password = process.read_endpoint(home, system).get("password") or secrets.token_urlsafe(24)
    with process.bind_remembered(folder) as reserved:
        port = reserved.getsockname()[1]
    broker = EmbeddedBroker.listening(port, folder / "passwords", {USERNAME: password})
    await broker.start()
    address = f"mqtt://{process.LOOPBACK}:{port}"
    endpoint = {"url": address, "username": USERNAME, "password": password}
    process.write_endpoint(home, system, endpoint)
    logger.info("%s answers on %s", system, address)
    await _until_stopped(stopped, FleetGateway(broker, outbox, _client_id(system)).run())
    await broker.shutdown()


async def _serve_external(home: Path, system: str, broker: str, login: str | None) -> None:
    stopped = _stop_event()
    address = urlsplit(broker)
    if address.hostname is None:
        raise ValueError("The broker's address names no host; write mqtt://HOST:PORT.")
    port = address.port or DEFAULT_MQTT_PORT
    folder = home / "simulator" / system / "server"
    outbox = Outbox(city.table_file(home, system, "messages"), folder, city.city_identity(home))
    endpoint = {"url": f"mqtt://{address.hostname}:{port}"}
    if address.username:
        endpoint |= {"username": address.username, "password": address.password or ""}
    process.write_endpoint(home, system, endpoint)
    platform = Login(address.username, address.password)
    name, _, password = (login or "").partition(":")
    gateway = ExternalGateway(
        system, outbox, address.hostname, port,
        platform=platform, gateway=Login(name, password) if login else platform,
    )  # fmt: skip
    await _until_stopped(stopped, gateway.run())


def _client_id(system: str) -> str:
    """Return the client id of the platform's durable session."""
    return str(city.contract(system).server.options["client_id"])


def _stop_event() -> asyncio.Event:
    event = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, event.set)
    return event


async def _until_stopped(stopped: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    task = asyncio.ensure_future(work)
    waiter = asyncio.ensure_future(stopped.wait())
    await asyncio.wait([task, waiter], return_when=asyncio.FIRST_COMPLETED)
    for unfinished in (task, waiter):
        unfinished.cancel()
    results = await asyncio.gather(task, waiter, return_exceptions=True)
    if isinstance(results[0], Exception):
        raise results[0]
