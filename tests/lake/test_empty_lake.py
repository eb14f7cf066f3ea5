"""A platform into which nothing has been pulled says so, not what its engine says."""

from __future__ import annotations

import os

import dagster as dg
import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app as commands
from pipelines.delivery.publishable import publishable_state
from pipelines.lake.catalog import NoLakeError
from pipelines.lake.connection import reader, writer
from pipelines.operations.status import platform_status
from pipelines.settings import Settings

SAID = "Nothing has been pulled yet"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, empty_lake: Settings) -> None:
    monkeypatch.setattr(os, "environ", os.environ | {})
    for module in ("quality", "main"):
        monkeypatch.setattr(f"pipelines.cli.{module}.get_settings", lambda: empty_lake)


def test_reading_commands_say_what_to_do() -> None:
    told = CliRunner().invoke(commands, ["quality", "findings"])
    assert told.exit_code == 1
    assert SAID in told.output and "`brain pull`" in told.output and "DuckLake" not in told.output


def test_publishing_says_what_to_do(empty_lake: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(NoLakeError, match=SAID):
        publishable_state(empty_lake, instance, dg.AssetKey(["indicators", "indicator_values"]))


def test_the_status_of_an_empty_platform_has_no_snapshot(empty_lake: Settings) -> None:
    status = platform_status(empty_lake)
    assert status["data"][0]["lake_snapshot"] is None
    assert "lake" not in {row["where"] for row in status["problems"]}


def test_the_first_writer_makes_the_lake(empty_lake: Settings) -> None:
    with writer(empty_lake) as lake:
        lake.execute("create table main.first as select 1 as one")
    with reader(empty_lake) as lake:
        assert lake.execute("select one from main.first").fetchall() == [(1,)]
