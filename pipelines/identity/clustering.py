"""From accepted pairs to clusters that never hold two different valid numbers.

Splink's connected components do the bulk. Only a component that holds more than
one number is taken apart: its pairs are joined again from the strongest to the
weakest, and a pair that would bring two numbers together is left to a person.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
from splink import DuckDBAPI
from splink.clustering import cluster_pairwise_predictions_at_threshold

from pipelines.identity.work import run_script


class ConflictingNumbersError(RuntimeError):
    """A cluster would hold two valid numbers: a fault of this module, and nothing is published."""


def cluster_records(work: duckdb.DuckDBPyConnection) -> int:
    """Fill `cluster_records`; returns how many pairs the guard on numbers took back.

    Raises:
        ConflictingNumbersError: a cluster holds two different numbers; nothing was published.
    """
    _connect_components(work)
    rejected = _separate_numbers(work)
    run_script(work, "clusters")
    _refuse_two_numbers(work)
    return rejected


def _connect_components(work: duckdb.DuckDBPyConnection) -> None:
    work.execute(
        "create or replace table linked_pairs as "
        "select node_l, node_r, match_weight from decided_pairs where decision = 'linked'"
    )
    work.execute(
        "create or replace table linked_nodes as "
        "select distinct unnest([node_l, node_r]) as node from linked_pairs"
    )
    api = DuckDBAPI(connection=work)
    clusters = cluster_pairwise_predictions_at_threshold(
        api.register("linked_nodes"), api.register("linked_pairs"), api, "node"
    )
    work.execute(
        "create or replace table node_clusters as "
        f"select node, min(node) over (partition by cluster_id) as cluster from {clusters.physical_name}"
    )


def _separate_numbers(work: duckdb.DuckDBPyConnection) -> int:
    pairs = work.execute(
        """
        with conflicted as (
            select cluster from node_clusters where starts_with(node, 'number|')
            group by cluster having count(*) > 1
        )
        select node_l, node_r
        from linked_pairs
        inner join node_clusters on linked_pairs.node_l = node_clusters.node
        inner join conflicted using (cluster)
        order by match_weight desc, least(node_l, node_r), greatest(node_l, node_r)
        """
    ).fetchall()
    clusters, rejected = join_from_the_strongest(pairs)
    _replace_clusters(work, clusters, rejected)
    return len(rejected)


def join_from_the_strongest(
    pairs: list[tuple[str, str]],
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Join pairs in the order given unless two numbers would meet.

    Returns each node's cluster, and the pairs that were refused.
    """
    parent: dict[str, str] = {}
    numbers: dict[str, int] = {}
    rejected = []

    def root(node: str) -> str:
        if node not in parent:
            parent[node] = node
            numbers[node] = int(node.startswith("number|"))
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for left, right in pairs:
        first, second = sorted((root(left), root(right)))
        if first == second:
            continue
        if numbers[first] + numbers[second] > 1:
            rejected.append((left, right))
            continue
        parent[second] = first
        numbers[first] += numbers[second]
    return {node: root(node) for node in sorted(parent)}, rejected


def _replace_clusters(
    work: duckdb.DuckDBPyConnection, clusters: dict[str, str], rejected: list[tuple[str, str]]
) -> None:
    if not clusters:
        return
    work.register("separated", pa.table({"node": list(clusters), "cluster": list(clusters.values())}))
    work.register(
        "refused",
        pa.table({"node_l": [pair[0] for pair in rejected], "node_r": [pair[1] for pair in rejected]}),
    )
    work.execute(
        "update node_clusters set cluster = separated.cluster "
        "from separated where node_clusters.node = separated.node"
    )
    work.execute(
        "update decided_pairs set decision = 'identity_number_conflict' from refused "
        "where decided_pairs.node_l = refused.node_l and decided_pairs.node_r = refused.node_r"
    )
    work.unregister("separated")
    work.unregister("refused")


def _refuse_two_numbers(work: duckdb.DuckDBPyConnection) -> None:
    (offending,) = work.execute(
        "select count(*) from (select cluster from cluster_records where number is not null "
        "group by cluster having count(distinct number) > 1)"
    ).fetchone()
    if offending:
        raise ConflictingNumbersError(
            f"{offending} clusters hold two different valid identity numbers. Nothing was published; "
            "the assignments of the run before stay. This is a fault of the clustering: report it."
        )
