"""How the engine would build each model: no work may grow with the square of the city."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.lake.connection import writer
from pipelines.lake.dbt import run_dbt
from pipelines.settings import Settings

MODELS = ("--select", "resource_type:model", "--indirect-selection", "empty")
# Each row held against every other, whatever is equal: a literal in a left join's condition is enough.
ROW_BY_ROW = {"BLOCKWISE_NL_JOIN"}


@pytest.fixture(scope="module")
def plans(warehouse: Settings) -> dict[str, set[str]]:
    """The operators of each model's plan."""
    compiled = run_dbt(warehouse, ["compile", "--quiet", *MODELS]).result.results
    with writer(warehouse) as connection:
        connection.execute("use lake")
        return {
            item.node.name: set(_operators(_plan(connection, item.node.compiled_code))) for item in compiled
        }


def test_every_model_joins_by_equality(plans: dict[str, set[str]]) -> None:
    assert len(plans) > 150
    assert [name for name, operators in plans.items() if operators & ROW_BY_ROW] == []


def _plan(connection: Any, query: str) -> list[dict]:
    return json.loads(connection.execute(f"explain (format json) {query}").fetchall()[0][1])


def _operators(nodes: list[dict]) -> Iterator[str]:
    for node in nodes:
        yield node["name"].strip()
        yield from _operators(node.get("children", []))
