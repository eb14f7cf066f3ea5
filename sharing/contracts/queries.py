"""Prepare a contract's SQL for execution: every table at one snapshot, and restricted to the grant."""

from __future__ import annotations

import re
from typing import Any

CITY_DIGITS = 4
# Placeholder for a table of the lake in a contract's query.
RELATION = re.compile(r"\{(\w+\.\w+)\}")
# The column by which rows are assigned to a region.
REGION_COLUMN = "community_code"


def at_snapshot(query: str, snapshot: int, values: dict[str, Any] | None = None) -> str:
    """Return a contract's SQL with `{schema.table}` read at a snapshot and `{name}` replaced by a value."""
    return RELATION.sub(rf"lake.\1 at (version => {int(snapshot)})", _filled(query, values))


def within_grant(
    query: str, snapshot: int, values: dict[str, Any], region: str, regional: frozenset[str]
) -> str:
    """Return the same SQL with `regional` tables restricted to rows that a grant for `region` may deliver.

    A total of the whole city cannot be compared with the slice of a county. The restriction is added here,
    so that the author of a contract writes the total as if there were no region, and cannot forget it.
    """

    def bounded(mark: re.Match) -> str:
        table = f"lake.{mark[1]} at (version => {int(snapshot)})"
        if mark[1].lower() not in regional:
            return table
        return f"(select * from {table} where {is_granted(REGION_COLUMN, region)})"

    return RELATION.sub(bounded, _filled(query, values))


def is_granted(column: str, region: str) -> str:
    """Return the SQL condition that a row's community does not exclude it from a slice for `region`.

    Rows of the same city outside the region are excluded; for a part of the city, so are rows
    without a community. A code outside the city is a fault, not another region's row: it is
    kept for the gate to judge.
    """
    city = region[:CITY_DIGITS]
    return (
        f"coalesce(not starts_with({column}, '{city}') or starts_with({column}, '{region}'), "
        f"{is_whole_city(region)})"
    )


def is_whole_city(region: str) -> bool:
    """Whether a grant for this region covers everybody in the city."""
    return len(region) == CITY_DIGITS


def _filled(query: str, values: dict[str, Any] | None) -> str:
    for name, value in (values or {}).items():
        query = query.replace("{" + name + "}", str(value))
    return query
