"""A system with an HTTP API that behaves as such APIs do.

Authentication and pagination follow the contract, with a rate limit (429 with Retry-After) and occasional
failures (503). Rows are ordered by (cursor, key); a window's start is inclusive, its end exclusive.
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
    # uvicorn re-raises the signal when it has stopped; without a handler that would kill this process.
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
