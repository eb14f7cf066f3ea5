"""Measure the links to houses against the truth: those in core and those withheld from it.

A link is right if it leads to the house that the record truly refers to. Precision is the share of right
links, recall the share of records referring to a house that are linked to it. Confidence intervals are
bootstrapped over whole houses, because the records of one house are not independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from pipelines.installation.one_row import one_row

DRAWS = 1000
SEED = 7


@dataclass(frozen=True)
class Measure:
    """Precision and recall of one kind of records, each with its 95 % interval."""

    kind: str
    meant: int
    linked: int
    right: int
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]

    @property
    def precision(self) -> float:
        """The share of links that lead to the true house."""
        return self.right / self.linked if self.linked else 1.0

    @property
    def recall(self) -> float:
        """The share of records referring to a house that are linked to it."""
        return self.right / self.meant if self.meant else 1.0


def judge(connection: duckdb.DuckDBPyConnection, truth: Path) -> None:
    """Create the temporary table `judged`: each true or linked record, and whether its link is right."""
    connection.execute(JUDGED.format(records=truth / "records.parquet", dirt=truth / "dirt.parquet"))


def pairwise(connection: duckdb.DuckDBPyConnection) -> tuple[float, float]:
    """Precision and recall of the pairs of records that share a house."""
    return one_row(connection.execute(PAIRWISE))


def measures(connection: duckdb.DuckDBPyConnection, link: str = "linked") -> Iterator[Measure]:
    """Yield measures overall, by source table and by dirt; `link` may be `addressed`: by address alone."""
    condition = "true" if link == "linked" else "address_house is not null or is_addressed"
    yield _measure(connection, "overall", condition, link)
    yield _measure(
        connection, "overall, where the address goes down to the house",
        f"({condition}) and not list_contains(dirt, 'address_estate_only')", link,
    )  # fmt: skip
    tables = connection.execute(
        f"select distinct source_table from temp.judged where {condition} order by all"
    ).fetchall()
    for (table,) in tables:
        yield _measure(connection, table, f"({condition}) and source_table = '{table}'", link)
    dirts = connection.execute(
        f"select distinct unnest(dirt) as kind from temp.judged where {condition} order by all"
    ).fetchall()
    for (kind,) in dirts:
        yield _measure(connection, kind, f"({condition}) and list_contains(dirt, '{kind}')", link)


def _measure(connection: duckdb.DuckDBPyConnection, kind: str, condition: str, link: str) -> Measure:
    house = {"linked": "linked_house", "addressed": "address_house"}[link]
    found = connection.execute(
        f"select count(true_house) as meant, count({house}) as linked, "
        f"count(*) filter ({house} = true_house) as right_links "
        f"from temp.judged where {condition} group by coalesce(true_house, {house}) order by 1, 2, 3"
    ).fetchnumpy()
    table = np.stack([np.asarray(found[name]) for name in ("meant", "linked", "right_links")])
    meant, linked, right = (int(value) for value in table.sum(axis=1))
    drawn = _drawn_sums(table)
    return Measure(
        kind, meant, linked, right,
        _interval(drawn[:, 2], drawn[:, 1]), _interval(drawn[:, 2], drawn[:, 0]),
    )  # fmt: skip


def _drawn_sums(table: np.ndarray) -> np.ndarray:
    # Houses with the same three counts are interchangeable: drawing how many of each is equivalent.
    if not table.size:
        return np.zeros((1, 3))
    kinds, counts = np.unique(table, axis=1, return_counts=True)
    draws = np.random.default_rng(SEED).multinomial(counts.sum(), counts / counts.sum(), size=DRAWS)
    return draws @ kinds.T


def _interval(numerators: np.ndarray, denominators: np.ndarray) -> tuple[float, float]:
    ratios = np.divide(numerators, denominators, out=np.ones(len(numerators)), where=denominators > 0)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(low), float(high)


# Only dirt that affects the location of a record; a misspelt name is irrelevant to houses.
JUDGED = """
create or replace temp table judged as
with every_link as (
    select source_system, source_table, source_record_id, house_id from lake.core.house_links
    union all
    select source_system, source_table, source_record_id, house_id from lake.sensitive.sensitive_house_links
),
soiled as (
    select system, table_name, source_record_id, list(distinct dirt_type order by dirt_type) as dirt
    from read_parquet('{dirt}')
    where regexp_matches(dirt_type, '^(address_|house_|estate_|road_|self_built|wrong_community|demolished)')
    group by all
),
true_houses as (
    select system, table_name, source_record_id, true_id from read_parquet('{records}') where entity = 'house'
),
house_of_id as (
    select links.house_id, true_houses.true_id
    from every_link as links
    inner join true_houses
        on links.source_system = true_houses.system and links.source_table = true_houses.table_name
        and links.source_record_id = true_houses.source_record_id
    where links.source_table = 'house'
),
named as (
    select named.*, houses.house_id as address_house_id
    from lake.intermediate.int_houses_named as named
    left join lake.intermediate.int_addresses_matched as matched using (address_key)
    left join lake.core.dim_houses as houses on matched.house_code = houses.house_code
)
select
    named.source_system || '.' || named.source_table as source_table,
    coalesce(soiled.dirt, []) as dirt,
    true_houses.true_id as true_house,
    case when links.house_id is not null then coalesce(by_link.true_id, links.house_id) end as linked_house,
    case when named.address_house_id is not null then coalesce(by_address.true_id, named.address_house_id) end
        as address_house,
    named.address_key is not null and named.address_level <> 'MISSING' as is_addressed
from named
left join true_houses
    on named.source_system = true_houses.system and named.source_table = true_houses.table_name
    and named.source_record_id = true_houses.source_record_id
left join every_link as links
    on named.source_system = links.source_system and named.source_table = links.source_table
    and named.source_record_id = links.source_record_id
left join house_of_id as by_link on links.house_id = by_link.house_id
left join house_of_id as by_address on named.address_house_id = by_address.house_id
left join soiled
    on named.source_system = soiled.system and named.source_table = soiled.table_name
    and named.source_record_id = soiled.source_record_id
where true_houses.true_id is not null or links.house_id is not null
"""

PAIRWISE = """
with linked as (select true_house, linked_house from temp.judged),
pairs as (
    select
        (select sum(n * (n - 1) / 2) from (select count(*) as n from linked where true_house is not null
            group by true_house)) as true_pairs,
        (select sum(n * (n - 1) / 2) from (select count(*) as n from linked where linked_house is not null
            group by linked_house)) as joined_pairs,
        (select sum(n * (n - 1) / 2) from (select count(*) as n from linked
            where linked_house is not null and true_house is not null
            group by linked_house, true_house)) as right_pairs
)
select right_pairs / joined_pairs, right_pairs / true_pairs from pairs
"""
