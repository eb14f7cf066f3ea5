"""The types in which columns land, and which of them may stand beside each other in one table."""

from __future__ import annotations

import re

DUCKDB_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}
SMALLER_INTEGERS = {"integer": "INTEGER", "int": "INTEGER", "smallint": "SMALLINT"}
INTEGERS = ("SMALLINT", "INTEGER", "BIGINT")
DECIMAL = re.compile(r"(?:decimal|numeric)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", re.IGNORECASE)
MOST_DIGITS = 38


def duckdb_type(logical_type: str, physical_type: str) -> str:
    """Return the DuckDB type in which a column lands.

    Raises:
        ValueError: a decimal's digits cannot be meant.
    """
    physical = physical_type.lower()
    if logical_type == "integer":
        return SMALLER_INTEGERS.get(physical, "BIGINT")
    if logical_type == "number" and physical.startswith(("decimal(", "numeric(")):
        return _decimal(physical_type)
    return DUCKDB_TYPES[logical_type]


def can_stand_beside(landed: str, agreed: str) -> bool:
    """Return whether rows of the type `agreed` can follow those that landed in one table of the lake."""
    return landed == agreed or is_wider(agreed, landed) or is_wider(landed, agreed)


def is_wider(one: str, other: str) -> bool:
    """Return whether `one` holds every value of `other` and more: both whole numbers, or of equal scale."""
    if one in INTEGERS and other in INTEGERS:
        return INTEGERS.index(one) > INTEGERS.index(other)
    digits, fewer = DECIMAL.fullmatch(one), DECIMAL.fullmatch(other)
    return bool(digits and fewer and digits[2] == fewer[2] and int(digits[1]) > int(fewer[1]))


def _decimal(physical_type: str) -> str:
    found = DECIMAL.fullmatch(physical_type.strip())
    digits, scale = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
    if not 1 <= digits <= MOST_DIGITS or scale > digits:
        raise ValueError(
            f"physicalType is {physical_type!r}; write decimal(digits, decimals) with at most {MOST_DIGITS} "
            "digits, such as decimal(12,2)"
        )
    return f"DECIMAL({digits},{scale})"
