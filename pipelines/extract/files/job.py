"""Messages between parent and child process: plain values exchanged as JSON over a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.extract.files.limits import Limits

if TYPE_CHECKING:
    # Without the contracts' libraries the child starts in half the time.
    from pipelines.contracts import Column, TableContract

NUMBERS = ("integer", "number")


class RefusedFileError(Exception):
    """A whole file is refused; `code` is the finding, and the message gives the reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True)
class Job:
    """Read one file into one Parquet file of text columns."""

    path: str
    target: str
    format: str
    layout: Mapping[str, Any]
    headers: Mapping[str, Sequence[str]]
    keys: Sequence[str]
    numbers: Sequence[str]
    limits: Limits

    @classmethod
    def of(cls, table: TableContract, path: str, target: str, limits: Limits) -> Job:
        """Return the job for a file of this table."""
        staged = table.staging.get("numbers") or []
        numbers = [column.name for column in table.columns if column.logical_type in NUMBERS]
        return cls(
            path, target, str(table.ingest.format), asdict(table.layout) if table.layout else {},
            {column.name: _headers(column) for column in table.columns},
            table.primary_key, [*numbers, *staged], limits,
        )  # fmt: skip


def _headers(column: Column) -> list[str]:
    return [column.label, column.name, column.source_name, *column.aliases]


@dataclass(frozen=True)
class Total:
    """The value a totals row states for a column, and the sum or count of the rows above it."""

    column: str
    stated: float
    counted: float

    @property
    def agrees(self) -> bool:
        """Whether both are equal within half of the last digit of money."""
        return abs(self.stated - self.counted) < 0.005 + 1e-9 * abs(self.counted)


@dataclass(frozen=True)
class ParsedFile:
    """The content of a file: `columns` in file order, under the contract's names where known.

    `rows` are in the Parquet file, including unreadable ones, which are marked there. `header_row` is 1-based
    within the used range of the sheet. `sheets_left_out` counts other sheets that look like the one read.
    `zeros_by_format` counts, for each text column, the numbers to which only the cells' format adds zeros.
    """

    columns: Sequence[str]
    rows: int
    unreadable_rows: int = 0
    header_row: int = 1
    totals_rows: int = 0
    note_lines: int = 0
    totals: Sequence[Total] = field(default_factory=tuple)
    encoding: str | None = None
    sheets_left_out: int = 0
    zeros_by_format: Mapping[str, int] = field(default_factory=dict)
    peak_memory_bytes: int = 0

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> ParsedFile:
        """Build from the child's JSON answer."""
        return cls(**{**answer, "totals": tuple(Total(**total) for total in answer["totals"])})
