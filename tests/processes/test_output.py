"""What the command line prints is what is there: moments in the city's time, data as they are."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import typer

from pipelines.cli.output import console, failures_as_messages, remark, show
from pipelines.installation.state import connect_state
from pipelines.land.outcome import PullOutcome, record_outcome
from pipelines.operations.source_status import source_status
from pipelines.settings import Settings
from tests.support.servers import running_platform

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
    with running_platform() as settings:
        with connect_state(settings) as state:
            record_outcome(state, PullOutcome("population", "hj_person", "landed"))
            state.execute("update ops.run_outcomes set finished_at = %s", [PULLED])
            state.execute(LANDED, {"landed_at": PULLED})
        yield settings


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


@pytest.mark.parametrize(
    "data", ["[a座]3号楼", "[/]x", "[bold red]红[/bold red]", ":house: 3", "x[link=http://example.org]y"]
)
def test_data_is_no_markup(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    show([{"address": data}], title=data, as_json=False)
    show([], title="", as_json=False, empty=data)
    console.print(data)
    remark(data)
    with pytest.raises(typer.Exit), failures_as_messages():
        raise ValueError(data)
    told = capsys.readouterr()
    assert told.out.count(data) == 4
    assert told.err.count(data) == 2


@pytest.mark.parametrize("as_json", [False, True])
def test_a_terminal_obeys_no_data(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    data = "a\x1b]0;title\x07b\x9b31mc\u202ed"
    show([{"address": data}], title="", as_json=as_json)
    with pytest.raises(typer.Exit), failures_as_messages():
        raise ValueError(data)
    told = capsys.readouterr()
    for text in (told.out, told.err):
        assert "a\\u001b]0;title\\u0007b\\u009b31mc\\u202ed" in text
    if as_json:
        assert json.loads(told.out) == [{"address": data}]


def test_the_answer_to_a_query_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {"share": 0.99992, "year": 2026, "amount": Decimal("1234.50"), "true": True, "day": [2026, 1]}
    show([answer], title="", as_json=False, as_is=True)
    told = capsys.readouterr().out
    for shown in ("0.99992", " 2026 ", "1234.50", "true", "[2026, 1]"):
        assert shown in told
    show([{"decided_at": PULLED}], title="", as_json=False, as_is=True)
    assert f"{IN_THE_CITY}+08:00" in capsys.readouterr().out


def test_a_listing_rounds_nothing_to_a_whole_number(capsys: pytest.CaptureFixture[str]) -> None:
    listed = {
        "rows": 475912,
        "run_id": 4759,
        "score": 88.82142857142857,
        "probability": 0.99992,
        "all": 100.0,
    }
    show([listed], title="", as_json=False)
    told = capsys.readouterr().out
    for shown in ("475,912", " 4759 ", "88.821", "0.99992", " 100 "):
        assert shown in told


def test_what_is_too_wide_to_read_is_printed_a_line_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns folded to a few characters each are one word a line; what fits stays a table."""
    fields = {f"field_{number}": f"the value of number {number}" for number in range(17)}
    show([fields | {"closed_at": None}] * 2, title="Orders", as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "Orders"
    assert {"1 of 2", "2 of 2"} < {line.strip() for line in lines}
    assert sum("field 16" in line and "the value of number 16" in line for line in lines) == 2
    assert not any("closed at" in line for line in lines)
    show([dict.fromkeys(fields, 1)], title="Numbers", as_json=False)
    assert sum("1" in line and line.count("│") > 17 for line in capsys.readouterr().out.splitlines()) == 1
