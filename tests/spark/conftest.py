"""One small city, built by both engines from the same landed files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from pipelines.identity import resolve_persons
from pipelines.installation.state import embedded_server, prepare
from pipelines.lake.connection import writer
from pipelines.lake.dbt import environment, run_dbt
from pipelines.settings import Settings
from pipelines.spark_build import build_on_spark
from simulator.generate import generate
from tests.support.door_city import take_in
from tests.support.servers import temporary_home

SEED = 6_028_113
SCALE = 0.001
TODAY = date(2026, 6, 30)
# Nearly all that Spark compiles for so small a city runs once: compiling it well takes longer than it saves.
JAVA_OPTIONS = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
WITHOUT_TESTS = [
    "build",
    "--quiet",
    "--exclude-resource-type",
    "test",
    "--exclude-resource-type",
    "unit_test",
]


@pytest.fixture(scope="session")
def city() -> Iterator[Settings]:
    """The city in the lake and, built first so that it knows no person's id from there, on Spark."""
    with temporary_home() as home:
        settings = Settings(home=home, today=TODAY, threads=2)
        if not settings.spark_python.exists():
            pytest.skip(f"Spark's environment is missing ({settings.spark_python}): make setup-spark")
        generate(home, SCALE, SEED)
        prepare(settings)
        try:
            take_in(settings)
            with environment(JAVA_OPTIONS):
                build_on_spark(settings)
            _build_in_the_lake(settings)
            yield settings
        finally:
            embedded_server(settings).stop()


def _build_in_the_lake(settings: Settings) -> None:
    run_dbt(settings, [*WITHOUT_TESTS, "--select", "resource_type:seed", "staging", "intermediate"])
    with writer(settings) as connection:
        resolve_persons(connection, as_of=settings.current_date())
    run_dbt(settings, [*WITHOUT_TESTS, "--select", "core"])
