"""What a day costs beside the whole city, from staging to the golden record.

`python -m benchmarks.identity.day --scale 0.1` builds a generated city, changes a
share of its records at their sources, and brings everything up to date again,
day after day, by the platform's own models and commands.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from benchmarks.changed_days import land_a_day
from benchmarks.identity.city import land_persons, names_persons, stage_candidates, stage_places, survive
from pipelines.identity import resolve_persons
from pipelines.installation.state import embedded_server
from pipelines.lake.connection import writer
from pipelines.settings import Settings

SEED = 31337
# The share of changed records in the address register, relative to that of person records.
REGISTER_PART = 0.01


def _link(settings: Settings) -> None:
    with writer(settings) as connection:
        resolve_persons(connection, as_of=settings.current_date())


STEPS: dict[str, Callable[[Settings], None]] = {
    "standardise (staging, houses of addresses, candidates)": stage_candidates,
    "link, cluster, give lasting ids, publish": _link,
    "places (houses, buildings, grids, `house_links`)": stage_places,
    "survive (`person_residences`, `dim_persons`)": survive,
}


def bring_up_to_date(settings: Settings) -> dict[str, float]:
    """Bring entity resolution up to date; returns the seconds of each step, including dbt's."""
    seconds = {}
    for name, step in STEPS.items():
        started = time.perf_counter()
        step(settings)
        seconds[name] = time.perf_counter() - started
    return seconds


def main() -> None:
    """Run the measurements requested by the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity.day", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="1.0 is the whole city")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--share", type=float, default=0.01, help="of the records, each day")
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--home", type=Path, help="keep the city here instead of a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brain-identity-") as scratch:
        Path(scratch).chmod(0o755)
        settings = land_persons(options.home or Path(scratch), options.scale, options.seed)
        columns = [bring_up_to_date(settings)]
        rows = []
        for day in range(1, options.days + 1):
            settings = settings.model_copy(update={"today": settings.current_date() + timedelta(days=1)})
            register_share = options.share * REGISTER_PART
            rows.append(
                land_a_day(settings, day, options.share, register_share=register_share, wanted=names_persons)
            )
            columns.append(bring_up_to_date(settings))
        embedded_server(settings).stop()
    print(_table(columns, rows))


def _table(columns: list[dict[str, float]], rows: list[int]) -> str:
    days = [f"day {number} ({landed:,} rows)" for number, landed in enumerate(rows, start=1)]
    lines = [["step", "everything", *days], ["---", *["--:"] * len(columns)]]
    lines += [[name, *(f"{column[name]:.1f}" for column in columns)] for name in STEPS]
    whole, *others = (sum(column.values()) for column in columns)
    lines.append(["**all**", f"{whole:.1f}", *(f"{other:.1f} ({other / whole:.0%})" for other in others)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
