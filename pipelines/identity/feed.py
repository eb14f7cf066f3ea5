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
    found = work.execute(
        f"select present.id, tables.table_id from {LAKE}.current_snapshot() as present, "
        f"ducklake_table_info('{LAKE}') as tables where tables.table_name = ?",
        [TABLE],
    ).fetchone()
    return Position(*found)


def read_written(work: duckdb.DuckDBPyConnection, source: str, before: Position, now: Position) -> bool:
    """Fill `written_keys` and `written_candidates`: what was written since `before`, and what decisions name.

    Returns False if the feed does not reach back to `before` or the table has been replaced, so that other
    records may have changed as well.
    """
    if not _is_reached(work, before, now):
        return False
    columns = ", ".join(row[0] for row in work.execute(f"describe select * from {source}").fetchall())
    feeds = {kind: _feed(kind, before, now) for kind in ("deletions", "insertions")}
    run_script(work, "written", source=source, obeyed=OBEYED.qualified, columns=columns, **feeds)
    return True


def _is_reached(work: duckdb.DuckDBPyConnection, before: Position, now: Position) -> bool:
    if before.lake_snapshot is None or before.candidates_table != now.candidates_table:
        return False
    (kept,) = work.execute(
        f"select count(*) from {STATES} where snapshot_id between ? and ?",
        [before.lake_snapshot, now.lake_snapshot],
    ).fetchone()
    return kept == now.lake_snapshot - before.lake_snapshot + 1


def _feed(kind: str, before: Position, now: Position) -> str:
    if before.lake_snapshot == now.lake_snapshot:
        return f"(select * from {CANDIDATES} where false)"
    first, last = before.lake_snapshot + 1, now.lake_snapshot
    return f"ducklake_table_{kind}('{LAKE}', '{SCHEMA}', '{TABLE}', {first}, {last})"
