"""One platform database for all tests of this room; a fresh home and a real SSH server for each."""

from __future__ import annotations

import pytest

from pipelines.contracts import load_contracts
from pipelines.pull import pull_system
from tests.land.conftest import platform, settings  # noqa: F401
from tests.support.drops import SYSTEM, drops_document, exchanging
from tests.support.registry import write_contract


@pytest.fixture
def exchange(settings):  # noqa: F811
    """The exchange server of a system that drops text files of one month each."""
    write_contract(settings, drops_document())
    with exchanging(settings.home) as exchange:
        yield exchange


@pytest.fixture
def pull(settings):  # noqa: F811
    """Pull the system's one table."""

    def pull_once(**options):
        load_contracts.cache_clear()
        (outcome,) = pull_system(settings, SYSTEM, **options)
        return outcome

    return pull_once
