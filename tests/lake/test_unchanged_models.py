"""A build leaves alone what has read all there is, and nothing else."""

from __future__ import annotations

import pytest

from pipelines.assets.unchanged import models_to_leave, relations_of
from pipelines.lake.connection import LAKE, reader, writer
from pipelines.lake.dbt import run_dbt
from pipelines.settings import Settings

TABLE, EPHEMERAL = {"materialized": "table"}, {"materialized": "ephemeral"}
NODES = [
    {"resource_type": "seed", "name": "divisions", "schema": "reference", "config": {"materialized": "seed"}},
    {
        "resource_type": "model",
        "name": "stg_affairs__cases",
        "schema": "staging",
        "config": TABLE,
        "sources": [["landing", "affairs__case"], ["landing", "batches"], ["quality", "quarantine"]],
    },
    {
        "resource_type": "model",
        "name": "stg_grid__events",
        "schema": "staging",
        "config": TABLE,
        "sources": [["landing", "grid__event"], ["landing", "batches"]],
    },
    {"resource_type": "model", "name": "int_cases", "schema": "intermediate", "config": TABLE, "sources": []},
    {"resource_type": "test", "name": "not_null", "schema": "staging", "config": {"materialized": "test"}},
]
THERE = {
    ("reference", "divisions"),
    ("staging", "stg_affairs__cases"),
    ("staging", "stg_grid__events"),
    ("intermediate", "int_cases"),
}
LANDED = {"affairs__case": 2, "grid__event": 1}
READ = {("stg_affairs__cases", "affairs__case"): 2, ("stg_grid__events", "grid__event"): 1}


@pytest.mark.parametrize(
    ("landed", "read", "changed", "left"),
    [
        (LANDED, READ, set(), {"divisions", "stg_affairs__cases", "stg_grid__events"}),
        # Landed since the last good build: read by a build that was killed before its tests, or by none.
        (LANDED, READ, {"affairs__case"}, {"divisions", "stg_grid__events"}),
        # Not read yet, whatever the clocks say.
        (LANDED | {"grid__event": 2}, READ, set(), {"divisions", "stg_affairs__cases"}),
        (LANDED, {}, set(), {"divisions"}),
    ],
)
def test_what_is_left_alone(landed: dict, read: dict, changed: set[str], left: set[str]) -> None:
    assert models_to_leave(NODES, landed, read, changed, THERE) == left


def test_what_the_lake_does_not_have_is_built() -> None:
    """A full refresh that was killed had dropped one table and not made it anew."""
    everything = models_to_leave(NODES, LANDED, READ, set(), THERE)
    for lost in ("reference.divisions", "staging.stg_grid__events"):
        schema, name = lost.split(".")
        left = models_to_leave(NODES, LANDED, READ, set(), THERE - {(schema, name)})
        assert left == everything - {name}


def test_an_ephemeral_model_has_no_table_to_lose() -> None:
    nodes = [NODES[1] | {"config": EPHEMERAL}]
    assert models_to_leave(nodes, LANDED, READ, set(), set()) == {"stg_affairs__cases"}


def test_a_seed_that_was_dropped_is_not_in_the_lake(empty_lake: Settings) -> None:
    run_dbt(empty_lake, ["seed", "--quiet", "--select", "event_kind_mappings", "event_kinds"])
    with writer(empty_lake) as lake:
        lake.execute(f"create view {LAKE}.reference.seen as from reference.event_kinds")
        lake.execute("drop table reference.event_kind_mappings")
    with reader(empty_lake) as lake:
        found = relations_of(lake)
    assert {("reference", "event_kinds"), ("reference", "seen")} <= found
    assert ("reference", "event_kind_mappings") not in found
