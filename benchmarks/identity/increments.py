"""What a day costs beside the whole city, and whether it ends where linking everything ends.

`python -m benchmarks.identity.increments --scale 0.1` links a generated city,
changes a share of its records at their sources, links the changes, and links
everything anew with freshly counted values.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.identity.city import prepare_city
from pipelines.identity import IdentityOutcome, resolve_persons
from pipelines.installation.one_row import one_row
from pipelines.installation.state import embedded_server
from pipelines.lake.connection import writer

CANDIDATES = "lake.intermediate.int_persons_candidates"
SEED = 31337
SHARES = (0.001, 0.01, 0.03)
DAY = date(2026, 7, 1)
# The change to a record, one in five each: deleted, renamed, number lost, telephone new, house lost.
CHANGES = {
    "is_deleted": "chosen.kind = 0 or candidates.is_deleted",
    "name_standard": "if(chosen.kind = 1, left(name_standard, 1) || '某', name_standard)",
    "id_number": "if(chosen.kind = 2, null, id_number)",
    "id_number_status": "if(chosen.kind = 2, 'missing', id_number_status)",
    "phone": "if(chosen.kind = 3, '199' || right(hash(record_key)::varchar, 8), phone)",
    "house_code": "if(chosen.kind = 4, null, house_code)",
}


@dataclass(frozen=True)
class Day:
    """One day's changes, linked incrementally and in full, in processor seconds."""

    share: float
    increment: IdentityOutcome
    increment_seconds: float
    anew_seconds: float
    b_cubed: float
    persons_that_differ: int


def measure_day(connection: duckdb.DuckDBPyConnection, share: float, number: int) -> Day:
    """Change a share of the records, link incrementally, then in full, and compare."""
    change_records(connection, share, number)
    increment, increment_seconds = _timed(connection, recount_share=1.0)
    _keep(connection, "by_increment")
    _, anew_seconds = _timed(connection, full_refresh=True)
    _keep(connection, "anew")
    return Day(share, increment, increment_seconds, anew_seconds, *compare_partitions(connection))


def change_records(connection: duckdb.DuckDBPyConnection, share: float, number: int) -> None:
    """Correct, delete and renumber a share of the candidates, as a day at the sources would."""
    connection.execute(
        f"""
        create or replace temp table chosen as
        select record_key, hash(record_key, {number}, 'kind') % 5 as kind
        from {CANDIDATES}
        where hash(record_key, {number}) % 1000000 < {share * 1_000_000:.0f}
        """
    )
    replaced = ", ".join(f"{rule} as {name}" for name, rule in CHANGES.items())
    connection.execute(
        f"create or replace temp table renewed as select candidates.* replace ({replaced}) "
        f"from {CANDIDATES} as candidates inner join chosen using (record_key)"
    )
    connection.execute("begin")
    connection.execute(f"delete from {CANDIDATES} where record_key in (select record_key from chosen)")
    connection.execute(f"insert into {CANDIDATES} by name select * from renewed")
    # New persons, a fifth of the number changed: copies under new keys, half of them without a number.
    connection.execute(
        f"insert into {CANDIDATES} by name select * replace ("
        f"source_record_id || '-{number}' as source_record_id, record_key || '-{number}' as record_key, "
        "if(hash(record_key) % 2 = 0, null, id_number) as id_number, "
        "if(hash(record_key) % 2 = 0, 'missing', id_number_status) as id_number_status) "
        "from renewed where hash(record_key, 'new') % 5 = 0"
    )
    connection.execute("commit")


def compare_partitions(connection: duckdb.DuckDBPyConnection) -> tuple[float, int]:
    """Return the B-cubed F1 of both results, and how many persons differ in their records."""
    connection.execute(
        """
        create or replace temp table shared_records as
        select one.person_id as one, other.person_id as other, count(*) as records
        from by_increment as one inner join anew as other using (record_key)
        group by all
        """
    )
    result = connection.execute(
        """
        with sized as (
            select *, sum(records) over (partition by one) as of_one,
                sum(records) over (partition by other) as of_other
            from shared_records
        )
        select
            sum(records * records / of_one) / sum(records),
            sum(records * records / of_other) / sum(records),
            count(distinct one) filter (where records <> of_one or records <> of_other)
        from sized
        """
    )
    precision, recall, differing = one_row(result)
    return 2 * precision * recall / (precision + recall), differing


def _timed(connection: duckdb.DuckDBPyConnection, **options: Any) -> tuple[IdentityOutcome, float]:
    started = time.process_time()
    outcome = resolve_persons(connection, as_of=DAY, **options)
    return outcome, time.process_time() - started


def _keep(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(
        f"create or replace temp table {name} as "
        "select record_key, person_id from lake.identity.person_assignments"
    )


def main() -> None:
    """Run the measurements requested by the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity.increments", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="1.0 is the whole city")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--shares", type=float, nargs="+", default=list(SHARES))
    parser.add_argument("--home", type=Path, help="keep the city here instead of a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brain-identity-") as scratch:
        Path(scratch).chmod(0o755)
        settings = prepare_city(options.home or Path(scratch), options.scale, options.seed)
        with writer(settings) as connection:
            first, seconds = _timed(connection, full_refresh=True)
            print(_heading(options.scale, options.seed, first, seconds), flush=True)
            for number, share in enumerate(options.shares):
                print(_row(measure_day(connection, share, number)), flush=True)
        embedded_server(settings).stop()


def _heading(scale: float, seed: int, first: IdentityOutcome, seconds: float) -> str:
    return (
        f"Seed {seed}, scale {scale}, 2 threads, Python {platform.python_version()}: "
        f"{first.records:,} records, "
        f"{first.persons:,} persons linked for the first time in {seconds:.1f} s of processor time.\n\n"
        "| changed | records | region | increment | everything | share | B³ | persons that differ | wall |\n"
        "|--:|--:|--:|--:|--:|--:|--:|--:|---|"
    )


def _row(day: Day) -> str:
    return (
        f"| {day.share:.1%} | {day.increment.records_changed:,} | {day.increment.records:,} "
        f"| {day.increment_seconds:.2f} | {day.anew_seconds:.2f} "
        f"| {day.increment_seconds / day.anew_seconds:.1%} | {day.b_cubed:.6f} "
        f"| {day.persons_that_differ} | {day.increment.seconds} |"
    )


if __name__ == "__main__":
    main()
