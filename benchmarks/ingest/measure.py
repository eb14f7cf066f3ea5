"""The measurement of every transport: one pull, then a bare COPY of the rows it landed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.contracts import load_contracts
from pipelines.installation.engine import install_extensions
from pipelines.pull import pull_system
from pipelines.settings import Settings


@dataclass(frozen=True)
class Measured:
    """One transport: rows and seconds of the pull, and seconds of COPYs of the same rows."""

    transport: str
    rows: int
    seconds: float
    copy_seconds: float
    source_copy_seconds: float | None = None

    @property
    def ratio(self) -> float:
        """The pull's rate over the bare COPY's."""
        return self.copy_seconds / self.seconds

    def cells(self) -> list[str]:
        """Return the transport as a row of the table."""
        source = self.source_copy_seconds
        return [
            self.transport, f"{self.rows:,}", f"{self.rows / self.seconds:,.0f}",
            f"{self.rows / self.copy_seconds:,.0f}", f"{self.ratio:.2f}",
            f"{self.rows / source:,.0f}" if source else "–",
            f"{source / self.seconds:.2f}" if source else "–",
        ]  # fmt: skip


def measured(
    transport: str,
    settings: Settings,
    system: str,
    tables: list[str],
    source_copy: Callable[[Path], None] | None = None,
) -> Measured:
    """Pull these tables once; the system must be served and never have been pulled.

    Args:
        source_copy: writes the same rows from the source to a Parquet file, with DuckDB alone.

    Raises:
        SystemExit: a table did not land.
    """
    # One-time work of a process, independent of the number of rows.
    install_extensions(settings)
    load_contracts(settings.sources_dir)
    started = time.monotonic()
    outcomes = pull_system(settings, system, tables)
    seconds = time.monotonic() - started
    if failed := [outcome.message for outcome in outcomes if outcome.status != "landed"]:
        raise SystemExit("\n".join(failed))
    landed = sorted((settings.landing / system).rglob("*.parquet"))
    with tempfile.TemporaryDirectory() as folder:
        source_seconds = _timed(lambda: source_copy(Path(folder) / "source")) if source_copy else None
        copy_seconds = _timed(lambda: _bare_copy(settings, landed, Path(folder)))
    rows = sum(outcome.rows_read for outcome in outcomes)
    return Measured(transport, rows, seconds, copy_seconds, source_seconds)


def _timed(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _bare_copy(settings: Settings, files: list[Path], folder: Path) -> None:
    with duckdb.connect(config={"threads": settings.threads}) as connection:
        connection.execute("set preserve_insertion_order = false")
        for number, path in enumerate(files):
            connection.execute(
                f"copy (from read_parquet('{path}')) to '{folder / str(number)}' "
                "(format parquet, compression zstd)"
            )
