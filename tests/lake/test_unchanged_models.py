"""A build leaves alone what has read all there is, and nothing else."""

from __future__ import annotations

import pytest

from pipelines.assets.unchanged import models_to_leave

NODES = [
    {"resource_type": "seed", "name": "divisions", "schema": "reference"},
    {
        "resource_type": "model",
        "name": "stg_affairs__cases",
        "schema": "staging",
        "sources": [["landing", "affairs__case"], ["landing", "batches"], ["quality", "quarantine"]],
    },
    {
        "resource_type": "model",
        "name": "stg_grid__events",
        "schema": "staging",
        "sources": [["landing", "grid__event"], ["landing", "batches"]],
    },
    {"resource_type": "model", "name": "int_cases", "schema": "intermediate", "sources": []},
    {"resource_type": "test", "name": "not_null", "schema": "staging", "sources": []},
]
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
    assert models_to_leave(NODES, landed, read, changed) == left
