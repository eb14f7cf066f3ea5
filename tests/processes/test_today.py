"""Which day it is: what is said, else the simulated city's own, else the clock's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from pipelines.operations.runs import prepare_environment
from pipelines.settings import CITY_TIME, get_settings

SIMULATED = "2026-06-30"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(os, "environ", os.environ | {"BRAIN_HOME": str(tmp_path)})
    os.environ.pop("BRAIN_TODAY", None)
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


def simulate(home: Path, day: str) -> None:
    (home / "simulator").mkdir(exist_ok=True)
    (home / "simulator" / "manifest.json").write_text(json.dumps({"today": day}))


@pytest.mark.usefixtures("home")
def test_without_a_simulated_city_it_is_the_clock_s_day() -> None:
    assert get_settings().today is None
    assert get_settings().current_date() == datetime.now(CITY_TIME).date()


def test_a_simulated_city_says_its_own_day_also_when_it_has_moved_on(home: Path) -> None:
    simulate(home, SIMULATED)
    assert get_settings().current_date() == date.fromisoformat(SIMULATED)
    # Servers take their environment with them; a day in it would outlive the city's.
    prepare_environment(get_settings())
    simulate(home, "2026-07-01")
    get_settings.cache_clear()
    assert get_settings().current_date() == date(2026, 7, 1)


def test_what_is_said_overrules_the_city(home: Path) -> None:
    simulate(home, SIMULATED)
    os.environ["BRAIN_TODAY"] = "2026-08-01"
    prepare_environment(get_settings())
    get_settings.cache_clear()
    assert get_settings().current_date() == date(2026, 8, 1)
