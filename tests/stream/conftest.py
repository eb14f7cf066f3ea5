"""A home with a database, a fake fleet and a running broker, shared by a module's tests."""

from __future__ import annotations

import pytest

from pipelines.installation.state import embedded_server, prepare
from pipelines.settings import Settings
from tests.support.fake_city import write_fake_city
from tests.support.servers import start_source, stop_sources, temporary_home

FIRST_MESSAGES = 1_000


@pytest.fixture(scope="module")
def settings():
    with temporary_home() as home:
        settings = Settings(home=home, threads=1)
        write_fake_city(home, rows=1, messages=FIRST_MESSAGES)
        prepare(settings)
        start_source(settings, "safety_devices")
        yield settings
        stop_sources(settings)
        embedded_server(settings).stop()
