"""A system with an HTTP interface and its usual manners.

Secret and pages as the contract says, a rate limit (429 with Retry-After) and a few
failures (503). Rows come in the order (cursor, key); of the two ends of a window the
first is inclusive, the second exclusive.
"""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

import uvicorn

from simulator.serve import city, process
from simulator.serve.rest_api import create_api
from simulator.serve.rest_guard import Guard
from simulator.serve.rest_store import RowStore

logger = logging.getLogger(__name__)


def run(home: Path, system: str) -> None:
    """Serve until SIGTERM; open requests are answered first."""
    # uvicorn raises the signal again when it has stopped; without a handler that would end us at once.
    process.stop_event()
    city.city_identity(home)
    listener = process.bind_remembered(home / "simulator" / system / "server")
    known = process.read_endpoint(home, system)
    secret = known.get("token") or known.get("password") or secrets.token_urlsafe(32)
    guard = Guard(city.contract(system).server.options, secret)
    store = RowStore(home, system)
    store.load()
    api = create_api(store, guard)
    config = uvicorn.Config(api, log_level="warning", access_log=False, timeout_graceful_shutdown=5)
    with process.pid_file(home, system):
        listener.listen(128)
        address = f"http://{process.LOOPBACK}:{listener.getsockname()[1]}"
        process.write_endpoint(home, system, {"url": address, **guard.endpoint()})
        logger.info("%s answers on %s", system, address)
        uvicorn.Server(config).run(sockets=[listener])
