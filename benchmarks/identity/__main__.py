"""Measure identity on fresh cities and write the page: `python -m benchmarks.identity`."""

from __future__ import annotations

import argparse
import platform
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.identity.city import prepare_city
from benchmarks.identity.truth import Measure, clusters_with_two_numbers, compare
from pipelines.identity import IdentityOutcome, resolve_persons
from pipelines.lake.connection import writer
from pipelines.lake.state import embedded_server
from pipelines.settings import Settings

# Seeds that no rule and no parameter was tuned on.
SEEDS = (71003, 52817, 90641)
PAGE = Path("docs/identity-measured.md")


def measure_city(settings: Settings) -> tuple[IdentityOutcome, list[Measure], int]:
    """Resolve a prepared city and compare it with its truth."""
    with writer(settings) as connection:
        outcome = resolve_persons(connection, as_of=settings.current_date())
        return outcome, compare(connection, settings.truth), clusters_with_two_numbers(connection)


def main() -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.01, help="1.0 is the whole city")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--home", type=Path, help="keep the cities here instead of a temporary folder")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the page is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brain-identity-") as scratch:
        # PostgreSQL runs as a user of its own, who has to enter this folder.
        Path(scratch).chmod(0o755)
        sections = [_section(options.home or Path(scratch), options.scale, seed) for seed in options.seeds]
    options.page.write_text("\n".join([_heading(options.scale), *sections]), encoding="utf-8")
    print(options.page.read_text(encoding="utf-8"))


def _section(home: Path, scale: float, seed: int) -> str:
    settings = prepare_city(home / f"{seed}-{scale}", scale, seed)
    started = time.perf_counter()
    outcome, measures, two_numbers = measure_city(settings)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    embedded_server(settings).stop()
    lines = [
        f"## Seed {seed}, scale {scale}\n",
        f"{outcome.records:,} records, {outcome.persons:,} persons; {seconds:.1f} s to resolve and compare, "
        f"peak memory of the process {peak:,.0f} MB. Persons with two valid numbers: **{two_numbers}**.\n",
        f"Records by rule: {_listed(outcome.records_by_rule)}. Waiting for review: "
        f"{_listed(outcome.review_by_reason)}. Seconds: {_listed(outcome.seconds)}.\n",
        "| pairs | true | joined | precision [95 %] | recall [95 %] |",
        "|---|--:|--:|--:|--:|",
        *map(_row, measures),
        "",
    ]
    return "\n".join(lines)


def _row(measure: Measure) -> str:
    return (
        f"| {measure.kind} | {measure.true_pairs:,} | {measure.joined_pairs:,} "
        f"| {_with_interval(measure.precision, measure.precision_interval)} "
        f"| {_with_interval(measure.recall, measure.recall_interval)} |"
    )


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.4f} [{interval[0]:.4f}, {interval[1]:.4f}]"


def _listed(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:,}" for name, value in values.items()) or "none"


def _heading(scale: float) -> str:
    return (
        "# Identity, measured\n\n"
        "Written by `python -m benchmarks.identity`. Every city is generated from a seed that nothing was "
        "tuned on, staged by the platform's own models and compared with the simulator's truth. Pairs of "
        "records are counted; intervals are bootstrapped by person. A pair counts under a kind of dirt "
        "if either of its records carries it; records that carry none are in the overall figures only.\n\n"
        f"Scale {scale}, 2 threads, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}.\n"
    )


if __name__ == "__main__":
    main()
