"""Find what a build may skip, so that its cost grows with what has changed.

A staging table depends only on its landed table and on the project's files, a seed
only on the files. If neither has changed since the last successful whole build, and
the table is still there, it is up to date, and so are its data tests. The layers above
are always built, because much of them depends on the current day.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from pipelines.delivery.builds import last_build_started_at
from pipelines.installation.state import connect_state
from pipelines.lake.connection import LAKE, reader
from pipelines.lake.project import newest_project_file
from pipelines.settings import Settings

Node = Mapping[str, Any]
# A schema and a name in it.
Relation = tuple[str, str]
# The list of all batches, which every staging model reads in addition to its landed table.
BATCHES = "batches"


def unchanged_models(settings: Settings, instance: dg.DagsterInstance, manifest: Path) -> set[str]:
    """Return the dbt names of the seeds and staging models that need not be rebuilt."""
    built_at = last_build_started_at(instance)
    if built_at <= newest_project_file(settings.dbt_project):
        return set()
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    with reader(settings) as connection:
        landed, read = _batches_landed_and_read(connection)
        existing = relations_of(connection)
    return models_to_leave(nodes, landed, read, _tables_registered_since(settings, built_at), existing)


def models_to_leave(
    nodes: Collection[Node],
    landed: Mapping[str, int],
    read: Mapping[tuple[str, str], int],
    changed: Collection[str],
    existing: Collection[Relation],
) -> set[str]:
    """Return the seeds, and the staging models that have read every batch and whose tables are unchanged.

    What the lake does not have is never left: dbt drops a seed in one commit and makes it anew in the next,
    so a build that was killed between the two leaves none.

    Args:
        nodes: the nodes of dbt's manifest.
        landed: the number of batches of each landed table in the lake.
        read: how many of them each model has read, by model and table.
        changed: the landed tables with new batches since the last successful build.
        existing: the tables and views of the lake.
    """
    there = [node for node in nodes if _is_ephemeral(node) or (node["schema"], node["name"]) in existing]
    seeds = {node["name"] for node in there if node["resource_type"] == "seed"}
    staging = [node for node in there if node["resource_type"] == "model" and node["schema"] == "staging"]
    return seeds | {
        node["name"]
        for node in staging
        if all(
            table not in changed and landed.get(table, 0) == read.get((node["name"], table), 0)
            for table in _landed_tables(node)
        )
    }


def relations_of(lake: duckdb.DuckDBPyConnection) -> set[Relation]:
    """Return the tables and views of the lake that this connection reads."""
    return set(
        lake.execute(
            "select table_schema, table_name from information_schema.tables where table_catalog = ?", [LAKE]
        ).fetchall()
    )


def _is_ephemeral(node: Node) -> bool:
    """Whether the model is only ever part of others' queries, so that the lake has none of it."""
    return node["config"]["materialized"] == "ephemeral"


def _landed_tables(node: Node) -> list[str]:
    return [table for schema, table in node["sources"] if schema == "landing" and table != BATCHES]


def _batches_landed_and_read(
    lake: duckdb.DuckDBPyConnection,
) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    landed = lake.execute(
        "select system || '__' || table_name, count(*) from landing.batches group by all"
    ).fetchall()
    read = lake.execute(
        """
        select consumed.model, landed.system || '__' || landed.table_name, count(*)
        from staging.consumed_batches as consumed
        inner join landing.batches as landed using (batch_id)
        group by all
        """
    ).fetchall()
    return dict(landed), {(model, table): batches for model, table, batches in read}


def _tables_registered_since(settings: Settings, moment: float) -> set[str]:
    """Return the tables with a batch registered since `moment`, or not yet visible in the lake."""
    with connect_state(settings) as state:
        rows = state.execute(
            "select distinct system || '__' || table_name from ops.batches "
            "where registered_at is null or registered_at >= to_timestamp(%s)",
            [moment],
        ).fetchall()
    return {table for (table,) in rows}
