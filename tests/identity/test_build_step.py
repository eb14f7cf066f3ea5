"""The identity step of a build: it links what changed, and everything where a full build is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import pytest

from pipelines.assets.warehouse import BuildConfig, identity
from pipelines.installation.state import embedded_server, prepare
from pipelines.lake.connection import writer
from pipelines.resources import platform
from pipelines.settings import Settings
from tests.identity.people import People
from tests.support.servers import temporary_home


@pytest.fixture
def candidates(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A lake that staging has filled with a few persons, as this process's installation."""
    with temporary_home() as home:
        settings = Settings(home=home, threads=1)
        monkeypatch.setattr(platform, "get_settings", lambda: settings)
        prepare(settings)
        with writer(settings) as connection:
            connection.execute("create schema lake.intermediate")
            # One transaction, as a build writes them.
            connection.execute("begin")
            People(connection).add_strangers(30, date(1950, 1, 1), timedelta(days=371))
            connection.execute("commit")
        yield
        embedded_server(settings).stop()


def kind_of_build(*, full_refresh: bool = False) -> str:
    done = dg.materialize(
        [identity],
        resources={"platform": platform.Platform()},
        run_config=dg.RunConfig(ops={"resolve_persons": BuildConfig(full_refresh=full_refresh)}),
    )
    made = done.asset_materializations_for_node("resolve_persons")
    (kind,) = {table.metadata["kind"].value for table in made}
    return kind


@pytest.mark.usefixtures("candidates")
def test_a_full_build_links_everything_also_where_nothing_changed() -> None:
    assert kind_of_build() == "full"
    assert kind_of_build() == "nothing changed"
    assert kind_of_build(full_refresh=True) == "full"
