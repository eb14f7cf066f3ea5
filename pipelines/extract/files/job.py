"""What the parent asks of the child and what it hears: plain values that cross a pipe as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.extract.files.limits import Limits

if TYPE_CHECKING:
    # The child starts in half the time without the contracts' libraries.
    from pipelines.contracts import Column, TableContract

NUMBERS = ("integer", "number")


class RefusedFileError(Exception):
    """A whole file that will not be read; `code` is the finding, the text says why in words."""

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
        """The job for a file of this table."""
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
    """What a totals row states for a column, and what the rows above it come to."""

    column: str
    stated: float
    counted: float

    @property
    def agrees(self) -> bool:
        """Equal up to half of the last digit of money."""
        return abs(self.stated - self.counted) < 0.005 + 1e-9 * abs(self.counted)


@dataclass(frozen=True)
class ParsedFile:
    """What was in a file: `columns` in its order, by the contract's names where they are known.

    `rows` are in the Parquet file, the unreadable ones among them included, which
    are marked there. `header_row` counts from 1 within the used part of the sheet. `sheets_left_out` are
    others that look like the one that was read.
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
    peak_memory_bytes: int = 0

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> ParsedFile:
        """From the child's JSON."""
        return cls(**{**answer, "totals": tuple(Total(**total) for total in answer["totals"])})
