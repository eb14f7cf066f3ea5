"""Reconcile rows read with rows stored, table by table, to prove that none was dropped.

Counts what is actually there: the manifest, the Parquet files on disk and the lake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.contracts import load_contracts
from pipelines.installation.one_row import one_value
from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader
from pipelines.lake.landing_tables import landing_name
from pipelines.land import files
from pipelines.settings import Settings


@dataclass(frozen=True)
class Reconciliation:
    """One table's row counts in the manifest, in the files and in the lake.

    Released rows are counted where they landed; their owner approved their leaving quarantine.
    """

    system: str
    table: str
    batches: int
    rows_read: int
    rows_landed: int
    rows_quarantined: int
    rows_in_files: int
    rows_quarantined_in_files: int
    rows_in_lake: int
    rows_quarantined_in_lake: int
    unreadable: str = ""

    @property
    def problems(self) -> tuple[str, ...]:
        """The mismatches, in words; empty if the counts agree."""
        if self.unreadable:
            return (f"a file cannot be read, so its table was not counted: {self.unreadable}",)
        accounted = self.rows_landed + self.rows_quarantined
        comparisons = (
            ("rows read, and landed plus quarantined", self.rows_read, accounted),
            ("rows in landed files, and in the manifest", self.rows_in_files, self.rows_landed),
            ("rows in quarantine files, and in the manifest", self.rows_quarantined_in_files,
             self.rows_quarantined),
            ("landed rows in the lake, and in the manifest", self.rows_in_lake, self.rows_landed),
            ("quarantined rows in the lake, and in the manifest", self.rows_quarantined_in_lake,
             self.rows_quarantined),
        )  # fmt: skip
        return tuple(f"{words}: {one} and {other}" for words, one, other in comparisons if one != other)


def reconcile(settings: Settings) -> list[Reconciliation]:
    """Compare manifest, files and lake for every table that is contracted or has landed.

    Batches not yet registered are left out. A table with an unreadable file is reported, and the others
    are counted.
    """
    manifest = _manifest(settings)
    contracted = {
        (contract.system, table): None
        for contract in load_contracts(settings.sources_dir).values()
        for table in contract.tables
    }
    with reader(settings) as connection:
        return [
            _table(settings, connection, *key, manifest.get(key, [])) for key in {**contracted, **manifest}
        ]


def _manifest(settings: Settings) -> dict[tuple[str, str], list[tuple[str, int, int, int]]]:
    with connect_state(settings) as state:
        rows = state.execute(
            "select system, table_name, batch_id, rows_read, rows_landed, rows_quarantined "
            "from ops.batches where registered_at is not null"
        ).fetchall()
    found: dict[tuple[str, str], list[tuple[str, int, int, int]]] = {}
    for system, table, *counts in rows:
        found.setdefault((system, table), []).append(tuple(counts))
    return found


def _table(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    system: str,
    table: str,
    batches: Sequence[tuple[str, int, int, int]],
) -> Reconciliation:
    read, landed, quarantined = (sum(counts[i] for _, *counts in batches) for i in range(3))
    manifested = (system, table, len(batches), read, landed, quarantined)
    # Only batches that the manifest calls registered: a registration may be running concurrently.
    names = [name for name, *_ in batches]
    try:
        return Reconciliation(*manifested, *_found(settings, connection, system, table, names))
    except duckdb.Error as error:
        return Reconciliation(*manifested, 0, 0, 0, 0, unreadable=str(error).splitlines()[0])


def _found(
    settings: Settings, connection: duckdb.DuckDBPyConnection, system: str, table: str, names: list[str]
) -> tuple[int, int, int, int]:
    """Return the rows landed and quarantined in the batches' files, then in the lake."""
    in_files, quarantined_in_files = (
        _rows_in(connection, [files.batch_file(settings, kind, system, table, name) for name in names])
        for kind in (files.GOOD, files.QUARANTINED)
    )
    landed = connection.execute(
        f'select count(*) from landing."{landing_name(system, table)}" '
        "where list_contains(cast(? as varchar[]), _batch_id)",
        [names],
    )
    in_lake = one_value(landed)
    quarantined = connection.execute(
        "select count(*) from quality.quarantine where system = ? and table_name = ? "
        "and list_contains(cast(? as varchar[]), batch_id)",
        [system, table, names],
    )
    return in_files, quarantined_in_files, in_lake, one_value(quarantined)


def _rows_in(connection: duckdb.DuckDBPyConnection, paths: list[Path]) -> int:
    present = [str(path) for path in paths if path.exists()]
    if not present:
        return 0
    query = f"select sum(num_rows) from parquet_file_metadata({present})"
    return int(one_value(connection.execute(query)))
