"""What a reader is asked for and what it gives: the one signature of every transport."""

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
    """Read one table's rows whose cursor lies in a window; None at either end is open.

    `since` is inclusive and `until` exclusive, both as text that the cursor's type
    can be cast from. `folder` is for this read alone and is deleted after it.
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
        """The table as errors name it."""
        return f"{self.contract.system}.{self.table.name}"


@dataclass(frozen=True)
class RawRows:
    """Everything that the source had for the request.

    `relation` is a name on the request's connection with all of the contract's
    columns, as text or typed, beside the `extra_columns` that policy lets in.
    """

    relation: str
    drift: tuple[Drifted, ...] = ()
    extra_columns: tuple[str, ...] = ()


Reader = Callable[[ReadRequest], RawRows]
