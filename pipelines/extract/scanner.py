"""The interface of a database dialect, by which `database` reads any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipelines.extract.request import ReadRequest

SOURCE = "source"
CONNECT_TIMEOUT_SECONDS = 15


def window(cursor: str, since: str | None, until: str | None) -> str:
    """Return the `where` clause of a read; empty without bounds, which are escaped SQL text.

    A row without a cursor is in no window: it is read together with new rows so that door 1 can reject it.
    """
    ends = ((">=", since), ("<", until))
    within = " and ".join(f"{cursor} {sign} '{value}'" for sign, value in ends if value is not None)
    if not within:
        return ""
    return f" where {within}" if until is not None else f" where {within} or {cursor} is null"


@dataclass(frozen=True)
class Dialect:
    """How DuckDB reads one kind of database, and how its error messages are classified.

    `attach` attaches the database as `SOURCE`; `table` returns the table's name there; `types` maps the found
    columns to the types they represent; `select` returns the query for some columns of a request, in the
    given order. `refused` and `unreachable` are texts by which errors are recognised.
    """

    extension: str
    attach: Callable[[ReadRequest], None]
    table: Callable[[ReadRequest], str]
    types: Callable[[ReadRequest, Mapping[str, str]], dict[str, str | None]]
    select: Callable[[ReadRequest, Mapping[str, str], tuple[str, ...]], str]
    refused: tuple[str, ...]
    unreachable: tuple[str, ...]
