"""Source contracts as frozen values that the engine can rely on.

Built by `load`; nothing here reads files. Instances are valid and complete: invalid input is rejected when
they are built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

CLASSIFICATIONS = ("L1", "L2", "L3", "L4")
DRIFT_POLICIES = ("freeze", "evolve", "quarantine")
# The words of each mode of ingest, beside the mode itself.
INGEST_WORDS = {
    "full": ("deleted_flag", "path"),
    "incremental": ("cursor", "deleted_flag", "lookback", "path"),
    "stream": ("topic", "topic_columns", "event_time", "arrival_time", "future_tolerance", "watermark"),
    "files": ("pattern", "format", "content", "deleted_flag"),
}
FILE_FORMATS = ("excel", "csv")
FILE_CONTENTS = ("full", "delta", "period")
# Batch contents that follow from the mode alone; for files, the contract states them.
CONTENTS = {"full": "full", "incremental": "changes", "stream": "stream"}
ACTIONS = ("quarantine", "flag")
# ODCS dimension → the dimension of GB/T 36344 that it corresponds to.
DIMENSIONS = {
    "conformity": "规范性",
    "completeness": "完整性",
    "accuracy": "准确性",
    "uniqueness": "准确性",
    "consistency": "一致性",
    "timeliness": "时效性",
    "coverage": "可访问性",
}
META_COLUMNS = {
    "_batch_id": "VARCHAR",
    "_source_system": "VARCHAR",
    "_source_record_id": "VARCHAR",
    "_landed_at": "TIMESTAMP WITH TIME ZONE",
}


class ContractError(ValueError):
    """A contract is invalid; the message names the file, the location and the legal values."""


@dataclass(frozen=True)
class Column:
    """One column of a source table; `physical_name` is set if the source uses another name."""

    name: str
    label: str
    logical_type: str
    physical_type: str
    duckdb_type: str
    classification: str
    required: bool = False
    enum: Mapping[str, str] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""
    aliases: tuple[str, ...] = ()
    physical_name: str | None = None

    @property
    def source_name(self) -> str:
        """The source's name for the column; for JSON, a path such as `applicant.name`."""
        return self.physical_name or self.name


@dataclass(frozen=True)
class Rule:
    """One row-level rule of door 1; `good` is a SQL boolean, true for a valid row.

    `standard` is the sub-indicator of GB/T 36344, `finding` the code under which violations are counted.
    """

    code: str
    good: str
    dimension: str
    standard: str
    action: str
    finding: str
    column: str
    reason: str


@dataclass(frozen=True)
class Ingest:
    """How one table is pulled. Which fields are set follows from `mode`.

    `topic_columns` says of columns which level of a message's topic, from 1, says the same.
    """

    mode: str
    cursor: str | None = None
    deleted_flag: str | None = None
    lookback: timedelta = timedelta()
    path: str | None = None
    topic: str | None = None
    topic_columns: Mapping[str, int] = field(default_factory=dict)
    event_time: str | None = None
    arrival_time: str | None = None
    future_tolerance: timedelta | None = None
    watermark: timedelta | None = None
    pattern: str | None = None
    format: str | None = None
    content: str | None = None


@dataclass(frozen=True)
class Layout:
    """The layout of a dropped file: the first two fields apply to workbooks, the others to text files.

    `sheet` is a 1-based number or a name; `header_rows` is the number of consecutive rows that together hold
    the column headers.
    """

    sheet: int | str = 1
    header_rows: int = 1
    encoding: str = "utf-8"
    delimiter: str = ","
    byte_order_mark: bool = False


@dataclass(frozen=True)
class Reference:
    """A foreign key to another table of the same contract."""

    columns: tuple[str, ...]
    table: str
    key: tuple[str, ...]

    @property
    def staged_name(self) -> str:
        """The staged column that holds the key: the column itself, or one combined from several."""
        return self.columns[0] if len(self.columns) == 1 else f"{self.table}_source_record_id"


@dataclass(frozen=True)
class TableContract:
    """One table of a source system.

    `staging` holds the validated custom property of that name, `plural` the table's name in its staging
    model; `keeps_history` requests a model of all versions.
    """

    name: str
    physical_name: str
    label: str
    description: str
    grain: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    ingest: Ingest
    rules: tuple[Rule, ...]
    plural: str
    staging: Mapping[str, Any] = field(default_factory=dict)
    layout: Layout | None = None
    references: tuple[Reference, ...] = ()
    keeps_history: bool = False

    @property
    def content(self) -> str:
        """What one batch contains: `full`, `delta`, `period`, `changes` or `stream`."""
        return CONTENTS.get(self.ingest.mode) or str(self.ingest.content)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The column names in the contract's order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column with this name.

        Raises:
            KeyError: the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"Table '{self.name}' has no column '{name}'; it has {', '.join(self.column_names)}.")

    def source_name(self, name: str) -> str:
        """Return the source's name for a column; a column outside the contract keeps its name."""
        return self.column(name).source_name if name in self.column_names else name


@dataclass(frozen=True)
class Server:
    """A system's kind and transport; addresses and secrets are not part of contracts."""

    type: str
    transport: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Drift:
    """The policy for changes in the source: freeze, evolve or quarantine.

    `tables` applies to a missing table: `freeze` fails its pull, the others skip it; its owner is notified in
    any case.
    """

    tables: str
    columns: str
    types: str


@dataclass(frozen=True)
class Interval:
    """A service-level interval, such as 15 min."""

    value: int
    unit: str

    def as_timedelta(self) -> timedelta:
        """Convert to a timedelta."""
        return self.value * _UNITS[self.unit]


_UNITS = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=31),
    "q": timedelta(days=92),
    "y": timedelta(days=366),
}
UNITS = tuple(_UNITS)


@dataclass(frozen=True)
class SourceContract:
    """One source system: its owner, its transport and its tables.

    It is late once `latency` has passed beyond its `frequency` without a pull. Landed data is kept for at
    least `retention`: nothing removes it, because a record that has not changed since is available nowhere
    else.
    """

    system: str
    label: str
    owner: str
    owner_code: str
    domain: str
    purpose: str
    limitations: str
    version: str
    server: Server
    drift: Drift
    frequency: Interval
    latency: Interval
    retention: Interval
    tables: Mapping[str, TableContract]
    contract_hash: str

    @property
    def late_after(self) -> timedelta:
        """How long a system may go without a successful pull."""
        return self.frequency.as_timedelta() + self.latency.as_timedelta()

    @property
    def is_stream(self) -> bool:
        """Whether the system pushes its data."""
        return any(table.ingest.mode == "stream" for table in self.tables.values())

    def table(self, name: str) -> TableContract:
        """Return the table with this name.

        Raises:
            KeyError: lists the existing tables.
        """
        if name not in self.tables:
            raise KeyError(f"System '{self.system}' has no table '{name}'; it has {', '.join(self.tables)}.")
        return self.tables[name]
