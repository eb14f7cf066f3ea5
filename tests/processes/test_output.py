"""A moment is shown in the city's time, wherever the machine is and whatever the command."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from pipelines import source_status
from pipelines.cli.output import show
from pipelines.settings import PROJECT_ROOT, Settings

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


@pytest.fixture
def row(far_away: None, monkeypatch: pytest.MonkeyPatch) -> dict:
    """One row of `brain sources`, beside what the manifest says of it."""
    answers = {
        source_status.LAST_PULLS: [("population", PULLED)],
        source_status.LANDED: [("population", 1, 2, 0, PULLED)],
    }
    state = SimpleNamespace(execute=lambda query: SimpleNamespace(fetchall=lambda: answers.get(query, [])))
    monkeypatch.setattr(source_status, "connect_state", lambda _: _Opened(state))
    settings = Settings(home=PROJECT_ROOT / "no-home")
    return next(row for row in source_status.source_status(settings) if row["system"] == "population")


class _Opened:
    def __init__(self, state: SimpleNamespace) -> None:
        self._state = state

    def __enter__(self) -> SimpleNamespace:
        return self._state

    def __exit__(self, *_: object) -> None:
        return None


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


def test_what_a_source_wrote_without_a_zone_stays_as_it_is(
    far_away: None, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"event_time": datetime.fromisoformat("2026-06-30T08:00:00")}
    show([event], title="", as_json=False)
    show([event], title="", as_json=True)
    assert capsys.readouterr().out.count("2026-06-30 08:00:00") == 2
