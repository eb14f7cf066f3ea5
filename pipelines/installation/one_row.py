"""The one row of a query that always returns one: a count, another aggregate, a function, a key that exists.

Where a row may be missing, call `fetchone` and say what its absence means.
"""

from __future__ import annotations

from typing import Any, Protocol


class Result(Protocol):
    """What both DuckDB and psycopg return for a query."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row; None after the last."""
        ...


def one_row(result: Result) -> tuple[Any, ...]:
    """Return the row.

    Raises:
        LookupError: there is none.
    """
    row = result.fetchone()
    if row is None:
        raise LookupError("A query that always returns a row returned none.")
    return row


def one_value(result: Result) -> Any:
    """Return the first value of the row.

    Raises:
        LookupError: there is none.
    """
    return one_row(result)[0]
