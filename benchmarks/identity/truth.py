"""Measure `identity.person_assignments` against the truth.

Pairs of records are counted: precision is the share of joined pairs that belong to one person, recall the
share of one person's pairs that are joined. Confidence intervals are bootstrapped over whole persons, because
the pairs of one person are not independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from benchmarks.intervals import drawn_sums, interval, ratio
from pipelines.installation.one_row import one_row, one_value


@dataclass(frozen=True)
class Measure:
    """Precision and recall of one kind of pairs, each with its 95 % interval."""

    kind: str
    true_pairs: int
    joined_pairs: int
    right_pairs: int
    precision: float
    recall: float
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]


def compare(connection: duckdb.DuckDBPyConnection, truth: Path) -> list[Measure]:
    """Compare a lake with its truth folder: overall, by pair of sources, by dirt on either record."""
    connection.execute(PAIRS.format(records=truth / "records.parquet", dirt=truth / "dirt.parquet"))
    measures = [
        _measure(connection, "overall", "select * from temp.main.pairs"),
        _measure(
            connection, "a record without a valid number", "select * from temp.main.pairs where is_open"
        ),
    ]
    kinds = connection.execute("select distinct sources from temp.main.pairs order by all").fetchall()
    measures += [
        _measure(connection, kind, f"select * from temp.main.pairs where sources = '{kind}'")
        for (kind,) in kinds
    ]
    dirts = connection.execute("select distinct unnest(dirt) as d from temp.main.pairs order by d").fetchall()
    measures += [
        _measure(connection, dirt, f"select * from temp.main.pairs where list_contains(dirt, '{dirt}')")
        for (dirt,) in dirts
    ]
    return measures


def pair_counts(connection: duckdb.DuckDBPyConnection, clusters: str) -> tuple[int, int, int]:
    """Count true, joined and correctly joined pairs of (record_key, cluster) rows; after `compare`."""
    result = connection.execute(
        f"""
        with placed as (
            select true_id, cluster from temp.main.judged inner join ({clusters}) using (record_key)
        )
        select
            (select sum(n * (n - 1) // 2)::bigint from (select count(*) as n from placed group by true_id)),
            (select sum(n * (n - 1) // 2)::bigint from (select count(*) as n from placed group by cluster)),
            (select sum(n * (n - 1) // 2)::bigint
                from (select count(*) as n from placed group by true_id, cluster))
        """
    )
    return one_row(result)


def clusters_with_two_numbers(connection: duckdb.DuckDBPyConnection) -> int:
    """Count published persons whose records hold different valid identity numbers; must be 0."""
    result = connection.execute(
        "select count(*) from (select a.person_id from lake.identity.person_assignments as a "
        "inner join lake.intermediate.int_persons_candidates as c using (record_key) "
        "where c.id_number_status in ('valid', 'foreign') "
        "group by a.person_id having count(distinct c.id_number) > 1)"
    )
    return one_value(result)


def _measure(connection: duckdb.DuckDBPyConnection, kind: str, pairs: str) -> Measure:
    # One row per true person: a wrongly joined pair counts with the person of its first record.
    found = connection.execute(
        "select count(*) filter (is_same) as true_pairs, count(*) filter (is_joined) as joined, "
        f"count(*) filter (is_same and is_joined) as right_pairs "
        f"from ({pairs}) group by person order by person"
    ).fetchnumpy()
    table = np.stack([np.asarray(found[name]) for name in ("true_pairs", "joined", "right_pairs")])
    true_pairs, joined, right = (int(value) for value in table.sum(axis=1))
    drawn = drawn_sums(table)
    return Measure(
        kind, true_pairs, joined, right, ratio(right, joined), ratio(right, true_pairs),
        interval(drawn[:, 2], drawn[:, 1]), interval(drawn[:, 2], drawn[:, 0]),
    )  # fmt: skip


PAIRS = """
create or replace temp table judged as
with soiled as (
    select system, table_name, source_record_id, list(distinct dirt_type) as dirt
    from read_parquet('{dirt}') group by all
)
select
    a.record_key, a.source_system || '.' || a.source_table as source, a.person_id, t.true_id,
    coalesce(s.dirt, []) as dirt, c.id_number,
    c.id_number_status not in ('valid', 'foreign') as is_open
from lake.identity.person_assignments as a
inner join lake.intermediate.int_persons_candidates as c on a.record_key = c.record_key
inner join read_parquet('{records}') as t
    on t.entity = 'person' and a.source_system = t.system and a.source_table = t.table_name
    and a.source_record_id = t.source_record_id
left join soiled as s
    on a.source_system = s.system and a.source_table = s.table_name
    and a.source_record_id = s.source_record_id;

create or replace temp table pairs as
with joined as (
    select l.record_key as l, r.record_key as r
    from judged as l inner join judged as r on l.person_id = r.person_id and l.record_key < r.record_key
    union
    select l.record_key as l, r.record_key as r
    from judged as l inner join judged as r on l.true_id = r.true_id and l.record_key < r.record_key
)
select
    l.true_id as person,
    l.true_id = r.true_id as is_same,
    l.person_id = r.person_id as is_joined,
    l.is_open or r.is_open as is_open,
    least(l.source, r.source) || ' – ' || greatest(l.source, r.source) as sources,
    list_distinct(list_concat(l.dirt, r.dirt)) as dirt
from joined
inner join judged as l on joined.l = l.record_key
inner join judged as r on joined.r = r.record_key;
"""
