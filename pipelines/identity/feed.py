"""Read from the lake's change feed which candidates were written since the previous run.

This spares an increment from comparing all candidates with those already seen. Where the feed does not reach
back far enough, all are compared; the outcome is the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipelines.identity.candidates import CANDIDATES
from pipelines.identity.tables import OBEYED
from pipelines.identity.work import run_script
from pipelines.installation.one_row import one_row, one_value

LAKE, SCHEMA, TABLE = CANDIDATES.split(".")
STATES = f"__ducklake_metadata_{LAKE}.ducklake.ducklake_snapshot"


@dataclass(frozen=True)
class Position:
    """The high-water mark of the candidates read: a lake snapshot, and the table's id in it."""

    lake_snapshot: int | None = None
    candidates_table: int | None = None


def present_position(work: duckdb.DuckDBPyConnection, source: str) -> Position:
    """Return the candidates' current position; empty unless `source` is a lake table with a change feed."""
    kind = work.execute("select type from duckdb_databases() where database_name = ?", [LAKE]).fetchone()
    if source != CANDIDATES or kind != ("ducklake",):
        return Position()
    result = work.execute(
        f"select present.id, tables.table_id from {LAKE}.current_snapshot() as present, "
        f"ducklake_table_info('{LAKE}') as tables where tables.table_name = ?",
        [TABLE],
    )
    return Position(*one_row(result))


def read_written(work: duckdb.DuckDBPyConnection, source: str, before: Position, now: Position) -> bool:
    """Fill `written_keys` and `written_candidates`: what was written since `before`, and what decisions name.

    Returns False if the feed does not reach back to `before` or the table has been replaced, so that other
    records may have changed as well.
    """
    snapshots = _snapshots_reached(work, before, now)
    if snapshots is None:
        return False
    columns = ", ".join(row[0] for row in work.execute(f"describe select * from {source}").fetchall())
    feeds = {kind: _feed(kind, *snapshots) for kind in ("deletions", "insertions")}
    run_script(work, "written", source=source, obeyed=OBEYED.qualified, columns=columns, **feeds)
    return True


def _snapshots_reached(
    work: duckdb.DuckDBPyConnection, before: Position, now: Position
) -> tuple[int, int] | None:
    """Return the snapshots of both positions; None if the feed does not lead from one to the other."""
    first, last = before.lake_snapshot, now.lake_snapshot
    if first is None or last is None or before.candidates_table != now.candidates_table:
        return None
    result = work.execute(
        f"select count(*) from {STATES} where snapshot_id between ? and ?",
        [first, last],
    )
    return (first, last) if one_value(result) == last - first + 1 else None


def _feed(kind: str, before: int, now: int) -> str:
    if before == now:
        return f"(select * from {CANDIDATES} where false)"
    return f"ducklake_table_{kind}('{LAKE}', '{SCHEMA}', '{TABLE}', {before + 1}, {now})"
