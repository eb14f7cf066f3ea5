"""A platform with nothing in its lake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.installation.state import embedded_server, prepare
from pipelines.settings import Settings
from tests.support.servers import temporary_home


@pytest.fixture
def empty_lake() -> Iterator[Settings]:
    """Its database runs; no schema is made yet."""
    with temporary_home() as folder:
        settings = Settings(home=folder)
        prepare(settings)
        yield settings
        embedded_server(settings).stop()
