"""The SQL of a contract, made safe to run: every table at one snapshot, and bounded to what is granted."""

from __future__ import annotations

import re
from typing import Any

CITY_DIGITS = 4
# What a query of a contract writes for a table of the lake.
RELATION = re.compile(r"\{(\w+\.\w+)\}")
# By this column rows are told to be of a region.
REGION_COLUMN = "community_code"


def at_snapshot(query: str, snapshot: int, values: dict[str, Any] | None = None) -> str:
    """A contract's SQL with `{schema.table}` read at a snapshot and `{name}` replaced by a value."""
    return RELATION.sub(rf"lake.\1 at (version => {int(snapshot)})", _filled(query, values))


def within_grant(
    query: str, snapshot: int, values: dict[str, Any], region: str, regional: frozenset[str]
) -> str:
    """The same, but of the `regional` tables only the rows that a grant for `region` may deliver.

    A sum over the whole city says nothing about the slice of a county. So the author of a contract
    writes the sum as if there were no region, and cannot forget it.
    """

    def bounded(mark: re.Match) -> str:
        table = f"lake.{mark[1]} at (version => {int(snapshot)})"
        if mark[1].lower() not in regional:
            return table
        return f"(select * from {table} where {is_granted(REGION_COLUMN, region)})"

    return RELATION.sub(bounded, _filled(query, values))


def is_granted(column: str, region: str) -> str:
    """The SQL condition that a row's community does not keep it out of a slice for `region`.

    Rows of the same city outside the region are left out, and of a part of the city also those that
    do not say where they belong. A code that is not of the city at all is a fault, not somebody
    else's row: it stays in, for the gate to judge.
    """
    city = region[:CITY_DIGITS]
    return (
        f"coalesce(not starts_with({column}, '{city}') or starts_with({column}, '{region}'), "
        f"{is_whole_city(region)})"
    )


def is_whole_city(region: str) -> bool:
    """Whether a grant for this region leaves out nobody in the city."""
    return len(region) == CITY_DIGITS


def _filled(query: str, values: dict[str, Any] | None) -> str:
    for name, value in (values or {}).items():
        query = query.replace("{" + name + "}", str(value))
    return query
