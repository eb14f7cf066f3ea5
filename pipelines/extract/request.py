"""The request and result types shared by the readers of all transports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.contracts import SourceContract, TableContract
from pipelines.extract.drift_words import Drifted
from pipelines.settings import SourceEndpoint


@dataclass(frozen=True)
class ReadRequest:
    """Read one table's rows whose cursor lies in a window; a bound of None is open.

    `since` is inclusive and `until` exclusive, both as text that casts to the cursor's type. `folder` is used
    by this read alone and deleted afterwards.
    """

    contract: SourceContract
    table: TableContract
    endpoint: SourceEndpoint
    connection: duckdb.DuckDBPyConnection
    folder: Path
    since: str | None = None
    until: str | None = None

    @property
    def where(self) -> str:
        """The qualified table name for error messages."""
        return f"{self.contract.system}.{self.table.name}"


@dataclass(frozen=True)
class RawRows:
    """All rows that the source returned for the request.

    `relation` is a name on the request's connection with all of the contract's columns, as text or typed,
    plus the `extra_columns` that the drift policy admits.
    """

    relation: str
    drift: tuple[Drifted, ...] = ()
    extra_columns: tuple[str, ...] = ()


Reader = Callable[[ReadRequest], RawRows]
