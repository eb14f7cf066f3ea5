"""Measure the links to houses on fresh cities and write the page: `python -m benchmarks.houses`."""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.houses.city import link_city
from benchmarks.houses.truth import Measure, judge, measures, pairwise
from pipelines.installation.state import embedded_server
from pipelines.lake.connection import writer

# Seeds on which no rule was tuned.
SEEDS = (88412, 31905)
PAGE = Path("docs/houses-measured.md")


def main() -> None:
    """Run the measurements requested by the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.houses", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.002, help="1.0 is the whole city")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--home", type=Path, help="keep the cities here instead of a temporary folder")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the page is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brain-houses-") as scratch:
        # PostgreSQL runs as its own user, who must be able to enter this folder.
        Path(scratch).chmod(0o755)
        home = options.home or Path(scratch)
        sections = [_section(home / f"{seed}-{options.scale}", options.scale, seed) for seed in options.seeds]
    options.page.write_text("\n".join([_heading(options.scale), *sections]), encoding="utf-8")
    print(options.page.read_text(encoding="utf-8"))


def _section(home: Path, scale: float, seed: int) -> str:
    settings = link_city(home, scale, seed)
    with writer(settings) as connection:
        judge(connection, settings.truth)
        precision, recall = pairwise(connection)
        unmatched = connection.execute(UNMATCHED).fetchall()
        published, addressed = (list(measures(connection, link)) for link in ("linked", "addressed"))
    embedded_server(settings).stop()
    return "\n".join([
        f"## Seed {seed}, scale {scale}\n",
        f"Pairs of records of one house: precision **{precision:.4f}**, recall **{recall:.4f}**. "
        f"Records without a house: {', '.join(f'{reason} {count:,}' for reason, count in unmatched)}.\n",
        "### As published in `core.house_links` and `sensitive.sensitive_house_links`\n",
        *_table(published),
        "### By the address alone, as if no record had a house's code\n",
        *_table(addressed),
    ])  # fmt: skip


def _table(measured: Iterable[Measure]) -> list[str]:
    return [
        "| records | meant | linked | precision [95 %] | recall [95 %] |",
        "|---|--:|--:|--:|--:|",
        *map(_row, measured),
        "",
    ]


def _row(measure: Measure) -> str:
    return (
        f"| {measure.kind} | {measure.meant:,} | {measure.linked:,} "
        f"| {_with_interval(measure.precision, measure.precision_interval, measure.linked)} "
        f"| {_with_interval(measure.recall, measure.recall_interval, measure.meant)} |"
    )


def _with_interval(value: float, interval: tuple[float, float], count: int) -> str:
    return f"{value:.4f} [{interval[0]:.4f}, {interval[1]:.4f}]" if count else "–"


def _heading(scale: float) -> str:
    return (
        "# Houses, measured\n\n"
        "Written by `python -m benchmarks.houses`. Every city is generated from a seed that nothing was "
        "tuned on, staged and linked by the platform's own models and compared with the simulator's truth, "
        "record by record; intervals are bootstrapped by house. A record counts under every kind of dirt "
        "that it carries. `address_estate_only` ends at the estate and means a house only where the "
        "record's person, or the line that it is about, is known to have one there; `house_unit_missing` "
        "lacks the unit; `self_built_repeat` bears another house's number. By the address alone these mean "
        "no one house, or another.\n\n"
        f"Scale {scale}, 2 threads, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}.\n"
    )


UNMATCHED = """
select reason_code, sum(record_count) as record_count
from lake.core.unmatched_addresses group by reason_code order by 1
"""


if __name__ == "__main__":
    main()
