"""Register landed batches in the lake exactly once, without copying.

The lake's table `landing.batches` is written in the same transaction in which the files are added, so a kill
in between leaves both or neither. The manifest's `registered_at` is only an optimisation: it saves opening
the lake when there is nothing to do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.contracts import SourceContract, load_contracts, load_retired, refuse_unknown_systems
from pipelines.installation.durable_files import sync_new_files
from pipelines.installation.state import LOCK_TIMEOUT_SECONDS, connect_state
from pipelines.lake.connection import writer
from pipelines.lake.landing_tables import (
    BATCHES,
    LANDING,
    QUALITY,
    RECONCILIATION,
    Tables,
    landing_name,
    present_tables,
    refuse_retyped,
    statements,
    wanted_tables,
)
from pipelines.land import files
from pipelines.settings import Settings

TARGETS = {files.QUARANTINED: (QUALITY, "quarantine"), files.FINDINGS: (QUALITY, "door_findings")}


@dataclass(frozen=True)
class Registered:
    """The number of registered batches, of their landed rows, and of their quarantined rows."""

    batches: int = 0
    rows: int = 0
    rows_quarantined: int = 0


@dataclass(frozen=True)
class _Manifested:
    batch_id: str
    system: str
    table: str
    content_hash: str
    contract_hash: str
    rows_read: int
    rows_landed: int
    rows_quarantined: int
    rows_repeated: int
    landed_at: datetime
    extra_columns: Sequence[str]
    content: str | None
    period: str | None
    sequence: int | None


def register_batches(
    settings: Settings,
    *,
    wait_seconds: float = LOCK_TIMEOUT_SECONDS,
    attached: duckdb.DuckDBPyConnection | None = None,
) -> Registered:
    """Make every landed batch visible in the lake; fast if there is nothing new.

    `wait_seconds` and `attached` are passed to `writer`.

    Raises:
        ContractError: a system that has landed has no contract and is not retired, or the contract of a
            batch has retyped a column beyond what has landed.
        FileNotFoundError: a file of a batch in the manifest is missing.
        TimeoutError: another process has been writing the lake for longer than `wait_seconds`.
    """
    contracts = load_contracts(settings.sources_dir)
    refuse_unknown_systems(
        _landed_systems(settings), contracts, load_retired(settings.sources_dir, contracts)
    )
    wanted = wanted_tables(contracts)
    mark = json.dumps([[*key, columns] for key, columns in sorted(wanted.items())])
    if not _unregistered(settings) and _tables_are_ready(settings, mark):
        return Registered()
    with writer(settings, wait_seconds=wait_seconds, attached=attached) as connection:
        # Read again under the lock: the previous holder may have registered them.
        pending = _unregistered(settings)
        with connect_state(settings) as state:
            present = present_tables(state)
        new = _not_in_lake(connection, present, pending)
        refuse_retyped(wanted, present, {landing_name(batch.system, batch.table) for batch in new})
        known_files = {path for folder in _own_folders(settings) for path in folder.rglob("*.parquet")}
        connection.execute("begin")
        try:
            for statement in statements(wanted, present):
                connection.execute(statement)
            tables = {key: present.get(key, {}) | wanted.get(key, {}) for key in {*present, *wanted}}
            for batch in new:
                if _has_other_columns(batch, contracts):
                    _make_room(settings, connection, batch, tables)
                _add(settings, connection, batch)
            _note(connection, new)
            for folder in _own_folders(settings):
                sync_new_files(folder, known_files)
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
    _mark_registered(settings, pending, mark)
    return Registered(
        len(new), sum(batch.rows_landed for batch in new), sum(batch.rows_quarantined for batch in new)
    )


def _own_folders(settings: Settings) -> list[Path]:
    """Return the folders this module writes to; the lake's other folders hold many more files."""
    return [settings.lake_data / LANDING, settings.lake_data / QUALITY]


def _landed_systems(settings: Settings) -> set[str]:
    with connect_state(settings) as state:
        rows = state.execute("select distinct system from ops.batches").fetchall()
    return {system for (system,) in rows}


def _unregistered(settings: Settings) -> list[_Manifested]:
    with connect_state(settings) as state:
        rows = state.execute(
            """
            select batch_id, system, table_name, content_hash, contract_hash, rows_read, rows_landed,
                rows_quarantined, rows_repeated, landed_at, extra_columns, content, period, sequence
            from ops.batches where registered_at is null order by landed_at, batch_id
            """
        ).fetchall()
    return [_Manifested(*row) for row in rows]


def _tables_are_ready(settings: Settings, mark: str) -> bool:
    with connect_state(settings) as state:
        row = state.execute("select tables from ops.lake_tables").fetchone()
    return bool(row and row[0] == mark)


def _not_in_lake(
    connection: duckdb.DuckDBPyConnection, present: Tables, pending: list[_Manifested]
) -> list[_Manifested]:
    if not pending or (LANDING, "batches") not in present:
        return pending
    # Filter by time, so that only the newest of this table's many small files are opened.
    oldest = min(batch.landed_at for batch in pending).isoformat()
    known = {
        name
        for (name,) in connection.execute(
            f"select batch_id from lake.landing.batches where landed_at >= timestamptz '{oldest}'"
        ).fetchall()
    }
    return [batch for batch in pending if batch.batch_id not in known]


def _add(settings: Settings, connection: duckdb.DuckDBPyConnection, batch: _Manifested) -> None:
    landed = (LANDING, landing_name(batch.system, batch.table))
    expected = {
        files.GOOD: (landed, batch.rows_landed),
        files.QUARANTINED: (TARGETS[files.QUARANTINED], batch.rows_quarantined),
        files.FINDINGS: (TARGETS[files.FINDINGS], 0),
    }
    for kind, ((schema, table), rows) in expected.items():
        path = files.batch_file(settings, kind, batch.system, batch.table, batch.batch_id)
        if path.exists():
            # A file may predate the contract's newest column, which then reads as null.
            connection.execute(
                "call ducklake_add_data_files('lake', ?, ?, schema => ?, allow_missing => true)",
                [table, str(path), schema],
            )
        elif rows:
            raise FileNotFoundError(
                f"Batch {batch.batch_id} has {rows} rows in the manifest, and its file {path} is gone. "
                "No batch of this run was registered. Put the file back from a backup, or delete the batch's "
                "row in ops.batches and pull its period again."
            )


def _has_other_columns(batch: _Manifested, contracts: Mapping[str, SourceContract]) -> bool:
    """Whether its file may have a column, or be of a table, that no contract has now."""
    contract = contracts.get(batch.system)
    return bool(batch.extra_columns) or contract is None or contract.contract_hash != batch.contract_hash


def _make_room(
    settings: Settings, connection: duckdb.DuckDBPyConnection, batch: _Manifested, tables: Tables
) -> None:
    """Extend the batch's table in the lake, and `tables`, by what its file has beyond them."""
    path = files.batch_file(settings, files.GOOD, batch.system, batch.table, batch.batch_id)
    if not path.exists():
        return
    target = (LANDING, landing_name(batch.system, batch.table))
    described = connection.execute(f"describe from read_parquet('{path}')").fetchall()
    types = {name: kind for name, kind, *_ in described}
    for statement in statements({target: types}, tables):
        connection.execute(statement)
    tables[target] = types | tables.get(target, {})


def _note(connection: duckdb.DuckDBPyConnection, new: list[_Manifested]) -> None:
    if not new:
        return
    batches = [
        (b.batch_id, b.system, b.table, b.rows_landed, b.content_hash, b.landed_at.isoformat(), b.content,
         b.period, b.sequence, b.rows_quarantined)
        for b in new
    ]  # fmt: skip
    reconciled = [
        (b.batch_id, b.system, b.table, b.rows_read, b.rows_landed, b.rows_quarantined, b.rows_repeated,
         b.landed_at.isoformat())
        for b in new
    ]  # fmt: skip
    for target, columns, rows in (
        ("lake.landing.batches", BATCHES, batches),
        ("lake.quality.reconciliation", RECONCILIATION, reconciled),
    ):
        # One statement writes one file; inserting row by row would write one file each.
        values = ", ".join(f"({', '.join('?' * len(columns))})" for _ in rows)
        casts = ", ".join(f"cast(column{i} as {kind})" for i, kind in enumerate(columns.values()))
        flat = [value for row in rows for value in row]
        connection.execute(
            f"insert into {target} select {casts} from (values {values}) as noted"
            f"({', '.join(f'column{i}' for i in range(len(columns)))})",
            flat,
        )


def _mark_registered(settings: Settings, pending: list[_Manifested], mark: str) -> None:
    with connect_state(settings) as state:
        state.execute(
            "update ops.batches set registered_at = now() where batch_id = any(%s)",
            [[batch.batch_id for batch in pending]],
        )
        state.execute(
            "insert into ops.lake_tables (only_row, tables) values (true, %s) "
            "on conflict (only_row) do update set tables = excluded.tables",
            [mark],
        )
