"""Reconcile rows read with rows stored, table by table, to prove that none was dropped.

Counts what is actually there: the manifest, the Parquet files on disk and the lake.
"""

from __future__ import annotations

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

    @property
    def problems(self) -> tuple[str, ...]:
        """The mismatches, in words; empty if the counts agree."""
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
    """Compare manifest, files and lake for every contracted table, except batches not yet registered."""
    manifest = _manifest(settings)
    with reader(settings) as connection:
        return [
            _table(settings, connection, contract.system, table, manifest)
            for contract in load_contracts(settings.sources_dir).values()
            for table in contract.tables
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
    manifest: dict[tuple[str, str], list[tuple[str, int, int, int]]],
) -> Reconciliation:
    batches = manifest.get((system, table), [])
    in_good, in_quarantined = (
        _rows_in(connection, [files.batch_file(settings, kind, system, table, name) for name, *_ in batches])
        for kind in (files.GOOD, files.QUARANTINED)
    )
    # Only batches that the manifest calls registered: a registration may be running concurrently.
    names = [name for name, *_ in batches]
    result = connection.execute(
        f'select count(*) from landing."{landing_name(system, table)}" '
        "where list_contains(cast(? as varchar[]), _batch_id)",
        [names],
    )
    landed = one_value(result)
    result = connection.execute(
        "select count(*) from quality.quarantine where system = ? and table_name = ? "
        "and list_contains(cast(? as varchar[]), batch_id)",
        [system, table, names],
    )
    quarantined = one_value(result)
    read, kept, set_aside = (sum(counts[i] for _, *counts in batches) for i in range(3))
    return Reconciliation(
        system, table, len(batches), read, kept, set_aside, in_good, in_quarantined, landed, quarantined
    )


def _rows_in(connection: duckdb.DuckDBPyConnection, paths: list[Path]) -> int:
    present = [str(path) for path in paths if path.exists()]
    if not present:
        return 0
    query = f"select sum(num_rows) from parquet_file_metadata({present})"
    return int(one_value(connection.execute(query)))
