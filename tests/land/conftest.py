"""One platform database and one source cluster for all tests of this room; a fresh home for each."""

from __future__ import annotations

import pytest

from pipelines.contracts import load_contracts
from pipelines.installation.state import connect_state, embedded_server, prepare
from pipelines.settings import Settings
from tests.support.registry import RegistryDatabase, contract_document, write_contract, write_endpoint
from tests.support.servers import running_platform


@pytest.fixture(scope="session")
def platform():
    with running_platform(threads=1) as settings:
        yield settings


@pytest.fixture
def settings(platform, tmp_path):
    """Own files, own empty state: the server is shared because starting one takes a second."""
    with connect_state(platform, autocommit=True) as state:
        state.execute("drop schema if exists ops cascade; drop schema if exists ducklake cascade")
    state_address = embedded_server(platform).conninfo("brain")
    own = Settings(
        home=tmp_path / "home", sources_dir=tmp_path / "sources", threads=1, database_url=state_address
    )  # fmt: skip
    own.home.mkdir()
    (own.home / "extensions").symlink_to(platform.extensions)
    platform.extensions.mkdir(exist_ok=True)
    prepare(own)
    load_contracts.cache_clear()
    write_contract(own, contract_document())
    return own


@pytest.fixture
def registry(platform, settings):
    """The source's database, empty, with the platform told where it is."""
    database = RegistryDatabase(embedded_server(platform))
    database.create()
    write_endpoint(settings, **database.endpoint())
    return database
