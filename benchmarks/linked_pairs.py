"""Measure a links table (record → our id) against the truth (record → true id), in pairs of records.

Precision is the share of joined pairs that belong to one true entity, recall the share of a true entity's
pairs that are joined. Intervals are bootstrapped over true entities.
"""

from __future__ import annotations

import argparse
import platform
import resource
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np

from benchmarks.intervals import drawn_sums, interval, ratio
from benchmarks.landed_city import build_city
from pipelines.installation.state import embedded_server
from pipelines.lake.connection import reader

# Scale and seed of cities on which no rule and no threshold was tuned. Larger cities are denser.
CITIES = ("0.01:71003", "0.01:52817", "0.05:90641")
OVERALL = "all pairs"
HEADER = ("| pairs | true | joined | precision [95 %] | recall [95 %] |", "|---|--:|--:|--:|--:|")


class Links(NamedTuple):
    """The subject of a measurement: a links table of core and the corresponding entity of the truth."""

    table: str
    identifier: str
    entity: str


class Agreement(NamedTuple):
    """Precision and recall of one kind of pairs, each with its 95 % interval."""

    kind: str
    true_pairs: int
    joined_pairs: int
    precision: float
    recall: float
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]

    def row(self) -> str:
        """Return the agreement as a row of the page's table."""
        return (
            f"| {self.kind} | {self.true_pairs:,} | {self.joined_pairs:,} "
            f"| {_with_interval(self.precision, self.precision_interval)} "
            f"| {_with_interval(self.recall, self.recall_interval)} |"
        )


def compare(connection: duckdb.DuckDBPyConnection, truth: Path, links: Links) -> list[Agreement]:
    """Compare all pairs of records, then each pair of source tables, most frequent first.

    Args:
        connection: a reader of the lake that holds the links.
        truth: the simulator's folder with `records.parquet`.
        links: the table, and the entity of the truth.
    """
    connection.execute(PAIRS.format(records=truth / "records.parquet", **links._asdict()))
    kinds = connection.execute(
        "select sources from temp.main.pairs group by all order by count(*) desc, sources"
    ).fetchall()
    return [
        _agreement(connection, OVERALL, "true"),
        *(_agreement(connection, kind, f"sources = '{kind}'") for (kind,) in kinds),
    ]


def _agreement(connection: duckdb.DuckDBPyConnection, kind: str, condition: str) -> Agreement:
    # One column per true entity: a wrongly joined pair counts with that of its first record.
    found = connection.execute(
        "select count(*) filter (is_same) as same, count(*) filter (is_joined) as joined, "
        "count(*) filter (is_same and is_joined) as agreed "
        f"from temp.main.pairs where {condition} group by true_id order by true_id"
    ).fetchnumpy()
    counts = np.stack([np.asarray(found[name]) for name in ("same", "joined", "agreed")])
    same, joined, agreed = (int(value) for value in counts.sum(axis=1))
    drawn = drawn_sums(counts)
    return Agreement(
        kind, same, joined, ratio(agreed, joined), ratio(agreed, same),
        interval(drawn[:, 2], drawn[:, 1]), interval(drawn[:, 2], drawn[:, 0]),
    )  # fmt: skip


def write_page(page: Path, title: str, reading: str, links: Links) -> None:
    """Measure the cities given on the command line and write the page."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--cities", nargs="+", default=list(CITIES), metavar="SCALE:SEED")
    parser.add_argument("--page", type=Path, default=page, help="where the page is written")
    options = parser.parse_args()
    lines = [
        f"# {title}", "", reading, "",
        f"2 threads, {platform.system()} {platform.machine()}, Python {platform.python_version()}. "
        "Scale 1.0 is the whole city.", "",
    ]  # fmt: skip
    for city in options.cities:
        scale, seed = city.split(":")
        with tempfile.TemporaryDirectory(prefix="brain-links-") as scratch:
            # PostgreSQL runs as its own user, who must be able to enter this folder.
            Path(scratch).chmod(0o755)
            lines += _section(Path(scratch), float(scale), int(seed), links)
    options.page.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


def _section(home: Path, scale: float, seed: int, links: Links) -> Iterable[str]:
    started = time.perf_counter()
    settings = build_city(home, scale, seed, f"+{links.table}")
    seconds = time.perf_counter() - started
    try:
        with reader(settings) as connection:
            agreements = compare(connection, settings.truth, links)
    finally:
        embedded_server(settings).stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        f"## Seed {seed}, scale {scale}", "",
        f"{seconds:.0f} s to generate, land, stage and link; peak memory {peak:,.0f} MB.", "",
        *HEADER, *(agreement.row() for agreement in agreements), "",
    ]  # fmt: skip


def _with_interval(value: float, bounds: tuple[float, float]) -> str:
    return f"{value:.4f} [{bounds[0]:.4f}, {bounds[1]:.4f}]"


PAIRS = """
create or replace temp table judged as
select distinct
    truth.system || '.' || truth.table_name as source,
    truth.source_record_id,
    truth.true_id,
    links.{identifier} as our_id
from read_parquet('{records}') as truth
left join core.{table} as links
    on truth.system = links.source_system and truth.table_name = links.source_table
    and truth.source_record_id = links.source_record_id
where truth.entity = '{entity}';

create or replace temp table pairs as
with numbered as (
    select *, row_number() over (order by source, source_record_id, true_id, our_id) as n from judged
),
met as (
    select l.n as l, r.n as r from numbered as l join numbered as r on l.true_id = r.true_id and l.n < r.n
    union
    select l.n as l, r.n as r from numbered as l join numbered as r on l.our_id = r.our_id and l.n < r.n
)
select
    l.true_id,
    l.true_id = r.true_id as is_same,
    coalesce(l.our_id = r.our_id, false) as is_joined,
    l.source || ' – ' || r.source as sources
from met
join numbered as l on met.l = l.n
join numbered as r on met.r = r.n;
"""
