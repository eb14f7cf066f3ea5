"""Superset's web server: start and stop it, its address and login."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from dashboards.environment import FOLDER, PYTHON, SupersetError, secrets_file, superset_environment
from pipelines.installation import ports, processes
from pipelines.settings import Settings

SERVER = "superset"
PREFERRED_PORT = 8088
DASHBOARD_PATH = "/superset/dashboard/city-overview/"


@dataclass(frozen=True)
class Address:
    """Superset's URL and login; `repr` contains no password."""

    url: str
    dashboard_url: str
    username: str
    secrets_file: Path


def start(settings: Settings, *, port: int | None = None, timeout_seconds: float = 120) -> Address:
    """Start the web server on loopback unless it is running, and wait until it answers.

    Raises:
        pipelines.installation.processes.ProcessError: it did not start; with the end of its log.
    """
    if not processes.is_running(settings, SERVER):
        chosen = ports.choose_port(settings, SERVER, port or PREFERRED_PORT)
        command = [
            str(PYTHON), "-m", "gunicorn", "--bind", f"{ports.LOOPBACK}:{chosen}", "--workers", "2",
            "--threads", "8", "--worker-class", "gthread", "--timeout", "120", "--preload",
            "--no-control-socket",
            "--config", str(FOLDER / "gunicorn_config.py"), "superset.app:create_app()",
        ]  # fmt: skip
        processes.start(
            settings, SERVER, command, environment=superset_environment(settings), working_directory=FOLDER
        )
    processes.wait_until_ready(
        settings, SERVER, lambda: is_healthy(settings), timeout_seconds=timeout_seconds
    )
    return address(settings)


def stop(settings: Settings) -> bool:
    """Stop the web server; returns True if it was running."""
    return processes.stop(settings, SERVER)


def is_healthy(settings: Settings) -> bool:
    """Return whether the web server answers its health check."""
    try:
        return httpx.get(f"{address(settings).url}/health", timeout=5).is_success
    except httpx.TransportError:
        return False


def address(settings: Settings) -> Address:
    """Return the web server's address, running or not.

    Raises:
        SupersetError: it was never started here.
    """
    port = ports.known_port(settings, SERVER)
    if port is None:
        raise SupersetError("Superset was never started here. Start it: brain start")
    url = f"http://{ports.LOOPBACK}:{port}"
    return Address(url, url + DASHBOARD_PATH, "leadership", secrets_file(settings))
