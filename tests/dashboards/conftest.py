"""One installation with a small lake's release and a running Superset, shared by the tests here."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import duckdb
import httpx
import pytest

from dashboards import environment, provision, server
from pipelines.installation import state
from pipelines.lake.serving import publish_leadership, serving_file
from pipelines.settings import Settings
from tests.dashboards.fake_lake import fake_lake
from tests.support.servers import temporary_home


@pytest.fixture(scope="session")
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with fake_lake() as connection:
        yield connection


@pytest.fixture(scope="session")
def installation(lake: duckdb.DuckDBPyConnection) -> Iterator[Settings]:
    """Superset as the demo sets it up, on a free port, with everything in a temporary home."""
    with temporary_home() as home:
        settings = Settings(home=home)
        try:
            state.prepare(settings)
            publish_leadership(lake, settings, lake_snapshot=42)
            assert provision.apply(settings) is True
            server.start(settings, port=_free_port(), timeout_seconds=180)
            yield settings
        finally:
            server.stop(settings)
            state.embedded_server(settings).stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def served(installation: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The serving file that Superset reads."""
    with duckdb.connect(str(serving_file(installation)), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def log_in(installation: Settings) -> Iterator[Callable[[str], httpx.Client]]:
    """Log in as one of the users; the client carries the token that changes need."""
    clients: dict[str, httpx.Client] = {}

    def client_of(username: str) -> httpx.Client:
        if username not in clients:
            clients[username] = _log_in(installation, username)
        return clients[username]

    yield client_of
    for client in clients.values():
        client.close()


def _log_in(settings: Settings, username: str) -> httpx.Client:
    client = httpx.Client(base_url=server.address(settings).url, timeout=60)
    answer = client.post(
        "/api/v1/security/login",
        json={"username": username, "password": environment.password(settings, username), "provider": "db"},
    )
    answer.raise_for_status()
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    token = client.get("/api/v1/security/csrf_token/")
    if token.status_code == 200:
        client.headers["X-CSRFToken"] = token.json()["result"]
        client.headers["Referer"] = str(client.base_url)
    return client
