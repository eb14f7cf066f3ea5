"""What one kind of database does its own way, for `database` to read any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipelines.extract.request import ReadRequest

SOURCE = "source"
CONNECT_TIMEOUT_SECONDS = 15


def window(cursor: str, since: str | None, until: str | None) -> str:
    """The `where` of a read; empty without ends, which are texts of SQL.

    A row without a cursor is in no window: it is read with whatever is new, so that door 1 can say so.
    """
    ends = ((">=", since), ("<", until))
    within = " and ".join(f"{cursor} {sign} '{value}'" for sign, value in ends if value is not None)
    if not within:
        return ""
    return f" where {within}" if until is not None else f" where {within} or {cursor} is null"


@dataclass(frozen=True)
class Dialect:
    """How DuckDB reaches one kind of database, and what its messages mean.

    `attach` makes the database known as `SOURCE`; `table` is its table's name there;
    `types` gives the found columns the types that they stand for; `select` is the
    query for some columns of a request, in the order given. The words are those by
    which an error is known.
    """

    extension: str
    attach: Callable[[ReadRequest], None]
    table: Callable[[ReadRequest], str]
    types: Callable[[ReadRequest, Mapping[str, str]], dict[str, str | None]]
    select: Callable[[ReadRequest, Mapping[str, str], tuple[str, ...]], str]
    refused: tuple[str, ...]
    unreachable: tuple[str, ...]
