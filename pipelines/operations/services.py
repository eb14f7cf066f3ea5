"""The platform's long-running servers: their names, how they start and their addresses.

All of them listen on loopback only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx

from dashboards import provision, server
from pipelines.contracts import SourceContract
from pipelines.installation import ports, processes
from pipelines.installation.state import embedded_server
from pipelines.operations.runs import end_abandoned_runs, prepare_environment
from pipelines.settings import PROJECT_ROOT, Settings

BINARIES = Path(sys.executable).parent
ORCHESTRATOR = "dagster"
SCHEDULER = "dagster-daemon"
DASHBOARD_SETUP = "superset-setup"
ORCHESTRATOR_PORT = 3000


@dataclass(frozen=True)
class Service:
    """A running server, its address and how to log in."""

    name: str
    address: str
    how_to_log_in: str = "(no log-in; loopback only)"


def stream_process(system: str) -> str:
    """Return the name of a stream consumer's process."""
    return f"stream-{system}"


def start_streams(settings: Settings, contracts: Iterable[SourceContract]) -> list[str]:
    """Start one consumer for each stream system, and return their process names."""
    systems = [contract.system for contract in contracts if contract.is_stream]
    for system in systems:
        processes.start(settings, stream_process(system), [str(BINARIES / "brain"), "stream", system])
    return [stream_process(system) for system in systems]


def start_orchestrator(settings: Settings) -> Service:
    """Start Dagster's web page and its daemon, and return once the page answers."""
    prepare_environment(settings)
    end_abandoned_runs(settings)
    port = ports.choose_port(settings, ORCHESTRATOR, ORCHESTRATOR_PORT)
    workspace = ["-w", str(PROJECT_ROOT / "workspace.yaml")]
    page = [str(BINARIES / "dagster-webserver"), "-h", ports.LOOPBACK, "-p", str(port), *workspace]
    processes.start(settings, ORCHESTRATOR, page)
    processes.start(settings, SCHEDULER, [str(BINARIES / "dagster-daemon"), "run", *workspace])
    address = f"http://{ports.LOOPBACK}:{port}"
    processes.wait_until_ready(
        settings, ORCHESTRATOR, lambda: _answers(f"{address}/server_info"), timeout_seconds=120
    )
    return Service("Dagster", address)


def begin_dashboard_setup(settings: Settings) -> None:
    """Start setting up Superset in the background: the first time takes most of a minute."""
    processes.start(settings, DASHBOARD_SETUP, [sys.executable, "-m", "dashboards", "import"])


def finish_dashboard(settings: Settings) -> Service:
    """Wait for the set-up, bring the dashboards up to date and start Superset."""
    while processes.is_running(settings, DASHBOARD_SETUP):
        time.sleep(0.2)
    processes.stop(settings, DASHBOARD_SETUP)
    provision.apply(settings)
    address = server.start(settings)
    return Service(
        "Superset",
        address.dashboard_url,
        f"user {address.username}, password in {address.secrets_file}",
    )


def stop_all(settings: Settings) -> list[str]:
    """Stop every server of this installation, the database last, and return their names."""
    stopped = [status.name for status in processes.known(settings) if processes.stop(settings, status.name)]
    if settings.database_url is None:
        database = embedded_server(settings)
        if database.is_running():
            database.stop()
            stopped.append("postgres")
    return stopped


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).is_success
    except httpx.TransportError:
        return False
