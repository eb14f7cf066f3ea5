"""What one kind of database does its own way, for `database` to read any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipelines.extract.request import ReadRequest

SOURCE = "source"
CONNECT_TIMEOUT_SECONDS = 15


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
