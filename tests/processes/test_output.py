"""A moment is shown in the city's time, wherever the machine is and whatever the command."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pipelines.cli.output import show
from pipelines.installation.state import connect_state, embedded_server, prepare
from pipelines.land.outcome import PullOutcome, record_outcome
from pipelines.operations.source_status import source_status
from pipelines.settings import Settings
from tests.support.servers import temporary_home

pytestmark = pytest.mark.usefixtures("far_away")

LANDED = """
    insert into ops.batches (
        batch_id, system, table_name, span, version, content_hash, contract_hash, rows_read, rows_landed,
        rows_quarantined, landed_at
    ) values ('b', 'population', 'hj_person', 's', 1, 'c', 'h', 2, 2, 0, %(landed_at)s)
"""
PULLED = datetime(2026, 6, 30, 20, 30, tzinfo=UTC)
IN_THE_CITY = "2026-07-01 04:30:00"


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock shows New York's time."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="module")
def pulled() -> Iterator[Settings]:
    """A platform that has pulled two rows of one system."""
    with temporary_home() as home:
        settings = Settings(home=home)
        prepare(settings)
        with connect_state(settings) as state:
            record_outcome(state, PullOutcome("population", "hj_person", "landed"))
            state.execute("update ops.run_outcomes set finished_at = %s", [PULLED])
            state.execute(LANDED, {"landed_at": PULLED})
        yield settings
        embedded_server(settings).stop()


@pytest.fixture
def row(pulled: Settings) -> dict:
    """One row of `brain sources`."""
    return next(row for row in source_status(pulled) if row["system"] == "population")


def test_a_table_shows_the_city_s_time(row: dict, capsys: pytest.CaptureFixture[str]) -> None:
    moments = {name: row[name] for name in ("last_pull", "last_batch")}
    show([moments | {"decided_at": PULLED}], title="Moments", as_json=False)
    assert capsys.readouterr().out.count(IN_THE_CITY) == 3


def test_json_gives_the_city_s_time_with_its_offset(row: dict, capsys: pytest.CaptureFixture[str]) -> None:
    show([row | {"decided_at": PULLED}], title="", as_json=True)
    (told,) = json.loads(capsys.readouterr().out)
    for name in ("last_pull", "last_batch", "decided_at"):
        assert told[name] == f"{IN_THE_CITY}+08:00"
    assert datetime.fromisoformat(told["next_due"]) > PULLED


def test_what_a_source_wrote_without_a_zone_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    event = {"event_time": datetime.fromisoformat("2026-06-30T08:00:00")}
    show([event], title="", as_json=False)
    show([event], title="", as_json=True)
    assert capsys.readouterr().out.count("2026-06-30 08:00:00") == 2
