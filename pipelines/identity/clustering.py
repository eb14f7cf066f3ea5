"""Turn accepted pairs into clusters that never hold two valid numbers or two records decided to differ.

Splink's connected components do the bulk of the work. Only a component that breaks one of these rules is
split: its pairs are joined again, a steward's decisions first, then by descending match weight, and a pair
that would break a rule goes to review.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from splink import DuckDBAPI
from splink.clustering import cluster_pairwise_predictions_at_threshold

from pipelines.identity.work import run_script
from pipelines.installation.one_row import one_row

# A digest of a number, or of the record key if the record has no number.
Node = int


class ForbiddenClusterError(RuntimeError):
    """A cluster breaks a cannot-link rule. This is a bug in this module; nothing is published."""


def cluster_records(work: duckdb.DuckDBPyConnection) -> int:
    """Fill `cluster_records` and return how many accepted pairs were rejected again.

    Raises:
        ForbiddenClusterError: a cluster holds two different numbers, or records that a steward called
            different; nothing was published.
    """
    _connect_components(work)
    rejected = _take_apart(work)
    run_script(work, "clusters")
    _refuse_forbidden(work)
    return len(rejected)


def _connect_components(work: duckdb.DuckDBPyConnection) -> None:
    work.execute(
        "create or replace table linked_pairs as "
        "select node_l, node_r, is_identified_l, is_identified_r, match_weight, is_stewards "
        "from decided_pairs where decision = 'linked'"
    )
    work.execute(
        "create or replace table linked_nodes as "
        "select distinct unnest([node_l, node_r]) as node, unnest([is_identified_l, is_identified_r]) "
        "as is_identified from linked_pairs"
    )
    api = DuckDBAPI(connection=work)
    clusters = cluster_pairwise_predictions_at_threshold(
        api.register("linked_nodes"), api.register("linked_pairs"), api, "node"
    )
    work.execute(
        "create or replace table node_clusters as "
        f"select node, min(node) over (partition by cluster_id) as cluster from {clusters.physical_name}"
    )


def _take_apart(work: duckdb.DuckDBPyConnection) -> list[Rejected]:
    pairs = work.execute(
        """
        with forbidden as (
            select cluster from node_clusters inner join linked_nodes using (node) where is_identified
            group by cluster having count(*) > 1
            union
            select one.cluster
            from cannot_link
            inner join node_clusters as one on cannot_link.first_node = one.node
            inner join node_clusters as other on cannot_link.second_node = other.node
            where one.cluster = other.cluster
        )
        select node_l, node_r, is_identified_l, is_identified_r, is_stewards
        from linked_pairs
        inner join node_clusters on linked_pairs.node_l = node_clusters.node
        inner join forbidden using (cluster)
        order by is_stewards desc, match_weight desc, least(node_l, node_r), greatest(node_l, node_r)
        """
    ).fetchall()
    if not pairs:
        return []
    apart = work.execute("select first_node, second_node from cannot_link").fetchall()
    identified = {left for left, _, is_identified, _, _ in pairs if is_identified}
    identified |= {right for _, right, _, is_identified, _ in pairs if is_identified}
    joined = ((left, right, is_stewards) for left, right, _, _, is_stewards in pairs)
    clusters, rejected = join_from_the_strongest(joined, identified, apart)
    _replace_clusters(work, clusters, rejected)
    return rejected


@dataclass(frozen=True)
class Rejected:
    """A pair that was not joined, with the reason shown in review."""

    node_l: Node
    node_r: Node
    reason: str


@dataclass
class _Group:
    """Nodes joined so far, the count of numbers among them, and the nodes that none of them may join."""

    nodes: set[Node]
    numbers: int
    cannot_link: set[Node]

    def may_merge(self, other: _Group) -> bool:
        return self.numbers + other.numbers <= 1 and not self.cannot_link & other.nodes


def join_from_the_strongest(
    pairs: Iterable[tuple[Node, Node, bool]],
    identified: Collection[Node],
    apart: Iterable[tuple[Node, Node]] = (),
) -> tuple[dict[Node, Node], list[Rejected]]:
    """Join pairs in the given order unless two numbers, or two nodes that are `apart`, would meet.

    Args:
        pairs: two nodes, and whether a steward joined them.
        identified: the nodes that stand for a number.
        apart: pairs of nodes that a steward called different.

    Returns the cluster of each node, and the rejected pairs.
    """
    cannot_link: dict[Node, set[Node]] = defaultdict(set)
    for first, second in apart:
        cannot_link[first].add(second)
        cannot_link[second].add(first)
    groups: dict[Node, _Group] = {}
    rejected = []
    for left, right, is_stewards in pairs:
        for node in (left, right):
            groups.setdefault(node, _Group({node}, int(node in identified), set(cannot_link[node])))
        smaller, larger = sorted((groups[left], groups[right]), key=lambda group: len(group.nodes))
        if smaller is larger:
            continue
        if not smaller.may_merge(larger):
            rejected.append(Rejected(left, right, _reason(smaller, larger, is_stewards)))
            continue
        larger.nodes |= smaller.nodes
        larger.numbers += smaller.numbers
        larger.cannot_link |= smaller.cannot_link
        groups.update(dict.fromkeys(smaller.nodes, larger))
    return {node: min(group.nodes) for node, group in sorted(groups.items())}, rejected


def _reason(first: _Group, second: _Group, is_stewards: bool) -> str:
    if is_stewards:
        return "decision_conflict"
    return "identity_number_conflict" if first.numbers + second.numbers > 1 else "rival_candidates"


def _replace_clusters(
    work: duckdb.DuckDBPyConnection, clusters: dict[Node, Node], rejected: list[Rejected]
) -> None:
    placed = {"node": list(clusters), "cluster": list(clusters.values())}
    work.register("separated", pa.table(placed, schema=pa.schema(dict.fromkeys(placed, pa.uint64()))))
    columns = {"node_l": pa.uint64(), "node_r": pa.uint64(), "reason": pa.string()}
    refused = {name: [getattr(pair, name) for pair in rejected] for name in columns}
    work.register("refused", pa.table(refused, schema=pa.schema(columns)))
    work.execute(
        "update node_clusters set cluster = separated.cluster "
        "from separated where node_clusters.node = separated.node"
    )
    if rejected:
        work.execute(
            "update decided_pairs set decision = refused.reason from refused "
            "where decided_pairs.node_l = refused.node_l and decided_pairs.node_r = refused.node_r "
            "and decided_pairs.decision = 'linked'"
        )
    work.unregister("separated")
    work.unregister("refused")


def _refuse_forbidden(work: duckdb.DuckDBPyConnection) -> None:
    result = work.execute(
        """
        select
            (select count(*) from (
                select cluster from cluster_records where number is not null
                group by cluster having count(distinct number) > 1
            )),
            (select count(*) from cannot_link
            inner join cluster_records as one on cannot_link.first_node = one.node
            inner join cluster_records as other on cannot_link.second_node = other.node
            where one.cluster = other.cluster)
        """
    )
    numbers, decisions = one_row(result)
    if numbers or decisions:
        raise ForbiddenClusterError(
            f"{numbers} clusters hold two different valid identity numbers and {decisions} pairs of records "
            "are together that a steward called different. Nothing was published; the assignments of the "
            "run before stay. This is a fault of the clustering: report it."
        )
