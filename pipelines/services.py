"""The platform's long-running servers: what they are called, how they start, where they answer.

Everything listens on loopback. A port is chosen once, free at the time, and
remembered, so that an address stays the same from one start to the next.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx

from dashboards import tool as superset
from pipelines import processes
from pipelines.contracts import SourceContract
from pipelines.lake.state import embedded_server
from pipelines.runs import end_abandoned_runs, prepare_environment
from pipelines.settings import PROJECT_ROOT, Settings

LOOPBACK = "127.0.0.1"
BINARIES = Path(sys.executable).parent
ORCHESTRATOR = "dagster"
SCHEDULER = "dagster-daemon"
DASHBOARD_SETUP = "superset-setup"
PREFERRED_PORTS = {ORCHESTRATOR: 3000}


@dataclass(frozen=True)
class Service:
    """A running server, where it answers and how to get in."""

    name: str
    address: str
    how_to_log_in: str = "(no log-in; loopback only)"


def stream_process(system: str) -> str:
    """The name of a stream consumer's process."""
    return f"stream-{system}"


def start_streams(settings: Settings, contracts: Iterable[SourceContract]) -> list[str]:
    """Start one consumer for each stream system; returns their process names."""
    names = [stream_process(contract.system) for contract in contracts if contract.is_stream]
    for name in names:
        system = name.removeprefix("stream-")
        processes.start(settings, name, [str(BINARIES / "brain"), "stream", system])
    return names


def start_orchestrator(settings: Settings) -> Service:
    """Start Dagster's web page and its daemon; returns once the page answers."""
    prepare_environment(settings)
    end_abandoned_runs(settings)
    port = _port(settings, ORCHESTRATOR)
    workspace = ["-w", str(PROJECT_ROOT / "workspace.yaml")]
    page = [str(BINARIES / "dagster-webserver"), "-h", LOOPBACK, "-p", str(port), *workspace]
    processes.start(settings, ORCHESTRATOR, page)
    processes.start(settings, SCHEDULER, [str(BINARIES / "dagster-daemon"), "run", *workspace])
    address = f"http://{LOOPBACK}:{port}"
    processes.wait_until_ready(
        settings, ORCHESTRATOR, lambda: _answers(f"{address}/server_info"), timeout_seconds=120
    )
    return Service("Dagster", address)


def begin_dashboard_setup(settings: Settings) -> None:
    """Begin to set Superset up in the background: it takes most of a minute the first time."""
    processes.start(settings, DASHBOARD_SETUP, [sys.executable, "-m", "dashboards.tool", "import"])


def finish_dashboard(settings: Settings) -> Service:
    """Wait for the set-up, bring the dashboards up to date, start Superset."""
    while processes.is_running(settings, DASHBOARD_SETUP):
        time.sleep(0.2)
    processes.stop(settings, DASHBOARD_SETUP)
    superset.apply(settings)
    address = superset.start(settings)
    return Service(
        "Superset",
        address.dashboard_url,
        f"user {address.username}, password in {address.secrets_file}",
    )


def stop_all(settings: Settings) -> list[str]:
    """Stop every server of this installation, the database last; returns their names."""
    stopped = [status.name for status in processes.known(settings) if processes.stop(settings, status.name)]
    if settings.database_url is None:
        server = embedded_server(settings)
        if server.is_running():
            server.stop()
            stopped.append("postgres")
    return stopped


def _port(settings: Settings, name: str) -> int:
    remembered = settings.home / "run" / "ports.json"
    ports = json.loads(remembered.read_text()) if remembered.exists() else {}
    if name not in ports or not (processes.is_running(settings, name) or _is_free(ports[name])):
        preferred = PREFERRED_PORTS.get(name, 0)
        ports[name] = preferred if _is_free(preferred) else _free_port()
        remembered.parent.mkdir(parents=True, exist_ok=True)
        remembered.write_text(json.dumps(ports))
    return ports[name]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).is_success
    except httpx.TransportError:
        return False
