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
