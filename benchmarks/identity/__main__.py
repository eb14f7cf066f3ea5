"""Measure identity on fresh cities and write the page: `python -m benchmarks.identity`."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.identity.city import land_persons, stage_candidates, stage_places, survive
from benchmarks.identity.page import City, page
from benchmarks.identity.plain import ours, plain
from benchmarks.identity.steps import Steps
from benchmarks.identity.truth import Measure, clusters_with_two_numbers, compare
from pipelines.identity import IdentityOutcome, resolve_persons
from pipelines.installation.state import embedded_server
from pipelines.lake.connection import writer
from pipelines.settings import Settings

# Seeds on which no rule and no parameter was tuned.
SEEDS = (71003, 52817, 90641)
PAGE = Path("docs/identity-measured.md")


def measure_city(settings: Settings) -> tuple[IdentityOutcome, list[Measure], int]:
    """Resolve a prepared city and compare it with its truth."""
    with writer(settings) as connection:
        outcome = resolve_persons(connection, as_of=settings.current_date())
        return outcome, compare(connection, settings.truth), clusters_with_two_numbers(connection)


def main() -> None:
    """Run the measurements requested by the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.01, help="1.0 is the whole city")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--home", type=Path, help="keep the cities here instead of a temporary folder")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the page is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brain-identity-") as scratch:
        # PostgreSQL runs as its own user, who must be able to enter this folder.
        Path(scratch).chmod(0o755)
        home = options.home or Path(scratch)
        cities = [_measured(home / f"{seed}-{options.scale}", options.scale, seed) for seed in options.seeds]
    machine = (
        f"Scale {options.scale}, 2 threads, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load average {os.getloadavg()[0]:.0f} "
        f"on {os.cpu_count()} processors."
    )
    options.page.write_text(page(machine, cities), encoding="utf-8")
    print(options.page.read_text(encoding="utf-8")[:6000])


def _measured(home: Path, scale: float, seed: int) -> City:
    settings = land_persons(home, scale, seed)
    steps = Steps()
    with steps.watched():
        with steps.step("standardise"):
            stage_candidates(settings)
        with writer(settings) as connection:
            # DuckDB imports pandas with its first data frame; that time belongs to neither measurement.
            connection.execute("select 1").df()
            processor = time.process_time()
            outcome = _resolved(connection, settings, steps)
            processor = time.process_time() - processor
        stage_places(settings)
        with steps.step("survive"):
            survive(settings)
    with writer(settings) as connection:
        measures = compare(connection, settings.truth)
        beside = (ours(connection, outcome, processor), plain(connection))
        two_numbers = clusters_with_two_numbers(connection)
    embedded_server(settings).stop()
    return City(seed, outcome, measures, two_numbers, steps.measured, beside)


def _resolved(connection: duckdb.DuckDBPyConnection, settings: Settings, steps: Steps) -> IdentityOutcome:
    started = time.perf_counter()
    outcome = resolve_persons(connection, as_of=settings.current_date())
    for name, seconds in outcome.seconds.items():
        steps.record(name, started, started + seconds)
        started += seconds
    return outcome


if __name__ == "__main__":
    main()
