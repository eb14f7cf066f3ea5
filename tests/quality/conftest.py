"""A lake with a tiny city in it, built once for the tests of this room."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from benchmarks.landed_city import land
from pipelines.identity import resolve_persons
from pipelines.installation.state import embedded_server, prepare
from pipelines.lake.connection import writer
from pipelines.lake.dbt import run_dbt
from pipelines.settings import Settings
from simulator.generate import generate
from tests.support.door_city import take_in

UNSEEN_SEED = 7302911
SCALE = 0.002
TODAY = date(2026, 6, 30)
# Records come again in a later batch; messages do not, as a copy of a message is a fault to be found.
SECOND_HALF = (
    "hash(_source_record_id) % 3 = 0 "
    "or (_source_system <> 'safety_devices' and hash(_source_record_id) % 5 = 0)"
)
WITHOUT_TESTS = ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may pass through, which pytest's folders are not."""
    with tempfile.TemporaryDirectory(prefix="brain-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def generated(home: Path) -> Path:
    """A home with the sources of the city and the truth about them."""
    generate(home, SCALE, UNSEEN_SEED)
    return home


@pytest.fixture(scope="session")
def city(generated: Path) -> Iterator[Settings]:
    """The city staged in two increments."""
    settings = Settings(home=generated, today=TODAY, threads=2)
    prepare(settings)
    try:
        land(settings, condition="hash(_source_record_id) % 3 > 0", batch="1")
        run_dbt(settings, ["run", "--select", "staging"])
        land(settings, condition=SECOND_HALF, batch="2")
        run_dbt(settings, ["run", "--select", "staging"])
        yield settings
    finally:
        embedded_server(settings).stop()


@pytest.fixture(scope="session")
def taken_in_city(generated: Path) -> Iterator[Settings]:
    """The city taken in at once through door 1, resolved, and built as far as its findings."""
    with tempfile.TemporaryDirectory(prefix="brain-") as folder:
        Path(folder).chmod(0o755)
        for name in ("simulator", "truth"):
            shutil.copytree(generated / name, Path(folder) / name, copy_function=os.link)
        settings = Settings(home=Path(folder), today=TODAY, threads=2)
        prepare(settings)
        try:
            take_in(settings)
            _build_findings(settings)
            yield settings
        finally:
            embedded_server(settings).stop()


def _build_findings(settings: Settings) -> None:
    """Everything that the findings are made of."""
    run_dbt(settings, [*WITHOUT_TESTS, "--select", "resource_type:seed", "staging", "intermediate"])
    with writer(settings) as connection:
        resolve_persons(connection, as_of=settings.current_date())
    run_dbt(settings, ["run", "--select", "core", "person_checks", "findings"])
