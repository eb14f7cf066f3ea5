"""Traverse a query as parsed by DuckDB's own parser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def nodes_of(parsed: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a query parsed by `json_serialize_sql`, outermost first."""
    if isinstance(parsed, dict):
        yield parsed
        parsed = list(parsed.values())
    if isinstance(parsed, list):
        for part in parsed:
            yield from nodes_of(part)


def free_tables(parsed: Any, defined: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the tables without a schema that no common table expression in scope defines.

    The engine looks such a name up in the default schema, among files and among the program's own variables.
    """
    if isinstance(parsed, list):
        for part in parsed:
            yield from free_tables(part, defined)
    if not isinstance(parsed, dict):
        return
    kind = parsed.get("type")
    if kind == "BASE_TABLE" and not parsed["schema_name"] and parsed["table_name"].lower() not in defined:
        yield parsed["table_name"]
    if kind == "RECURSIVE_CTE_NODE":
        defined |= {parsed["cte_name"].lower()}
    for expression in (parsed.get("cte_map") or {}).get("map", ()):
        yield from free_tables(expression["value"], defined)
        defined |= {expression["key"].lower()}
    yield from free_tables([value for name, value in parsed.items() if name != "cte_map"], defined)
