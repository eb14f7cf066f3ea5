"""REST: the cases of the affairs platform, five thousand rows per page."""

from __future__ import annotations

import threading
import time

import uvicorn

from benchmarks.ingest.measure import Measured, measured
from benchmarks.ingest.rows import write_rows
from pipelines.settings import Settings
from simulator.serve import city, process
from simulator.serve.rest_api import create_api
from simulator.serve.rest_guard import Guard
from simulator.serve.rest_store import RowStore

SYSTEM, TABLE = "affairs", "case"


def over_rest(settings: Settings, rows: int) -> Measured:
    """Measure an API in a thread of this process, without rate limits or failures."""
    for name, table in city.tables(SYSTEM).items():
        write_rows(city.table_file(settings.home, SYSTEM, name), table, rows if name == TABLE else 1)
    guard = Guard(city.contract(SYSTEM).server.options, "secret")
    store = RowStore(settings.home, SYSTEM)
    store.load()
    api = create_api(store, guard, requests_per_second=1e6, failure_rate=0)
    listener = process.bind_remembered(settings.home / "simulator" / SYSTEM / "server")
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(api, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        address = f"http://{process.LOOPBACK}:{listener.getsockname()[1]}"
        process.write_endpoint(settings.home, SYSTEM, {"url": address, **guard.endpoint()})
        return measured("REST", settings, SYSTEM, [TABLE])
    finally:
        server.should_exit = True
        thread.join()
