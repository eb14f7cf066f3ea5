"""What has landed and is not built is known, of the home that is asked about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.lake.state import connect_state, embedded_server, prepare
from pipelines.runs import is_up_to_date, prepare_environment
from pipelines.settings import Settings, get_settings
from tests.support.servers import temporary_home

LANDED = """
    insert into ops.batches (
        batch_id, system, table_name, span, version, content_hash, contract_hash, rows_read, rows_landed,
        rows_quarantined, landed_at
    ) values (%(moment)s, 'grid', 'event', %(moment)s, 1, 'c', 'h', 0, 0, 0, %(moment)s)
"""


@dg.op
def nothing() -> None:
    """A build that has nothing to do."""


@dg.job(name="build")
def build() -> None:
    nothing()


@pytest.fixture(scope="module")
def server() -> Iterator[Settings]:
    with temporary_home() as home:
        settings = Settings(home=home)
        prepare(settings)
        yield settings
        embedded_server(settings).stop()


@pytest.fixture
def settings(server: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A home where nothing has landed; another one is this process's own."""
    monkeypatch.setattr(os, "environ", os.environ | {"BRAIN_HOME": str(tmp_path / "another")})
    get_settings.cache_clear()
    get_settings()
    with connect_state(server) as state:
        state.execute("delete from ops.batches")
    yield server.model_copy(
        update={"home": tmp_path / "home", "database_url": embedded_server(server).conninfo("brain")}
    )
    get_settings.cache_clear()


def land(settings: Settings) -> None:
    with connect_state(settings) as state:
        state.execute(LANDED, {"moment": datetime.now(UTC)})


def test_a_home_is_up_to_date_once_what_landed_there_is_built(settings: Settings) -> None:
    assert not is_up_to_date(settings)
    land(settings)
    assert not is_up_to_date(settings)
    prepare_environment(settings)
    with dg.DagsterInstance.get() as instance:
        assert build.execute_in_process(instance=instance).success
    assert is_up_to_date(settings)
    land(settings)
    assert not is_up_to_date(settings)
