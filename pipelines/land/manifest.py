"""Queries on `ops.batches`, the manifest of landed batches."""

from __future__ import annotations

from typing import NamedTuple

import psycopg

from pipelines.installation.one_row import one_row, one_value


class KeptRows(NamedTuple):
    """The number of rows in a batch's files."""

    landed: int
    quarantined: int


def recorded_rows(state: psycopg.Connection, batch_id: str) -> KeptRows:
    """Return the row counts recorded when a batch landed."""
    query = "select rows_landed, rows_quarantined from ops.batches where batch_id = %s"
    return KeptRows(*one_row(state.execute(query, [batch_id])))


def versions(state: psycopg.Connection, system: str, table: str, span: str) -> list[tuple[str, str]]:
    """Return the batches of one span with their content hashes, newest last."""
    return state.execute(
        "select batch_id, content_hash from ops.batches "
        "where system = %s and table_name = %s and span = %s order by version",
        [system, table, span],
    ).fetchall()


def is_newest(state: psycopg.Connection, system: str, table: str, known: list[tuple[str, str]]) -> bool:
    """Whether the newest of these versions is the newest batch of its table."""
    newest = state.execute(
        "select batch_id from ops.batches where system = %s and table_name = %s "
        "order by sequence desc nulls last, landed_at desc limit 1",
        [system, table],
    ).fetchone()
    return bool(newest and known and newest[0] == known[-1][0])


def newest_sequence(state: psycopg.Connection, system: str, table: str) -> int | None:
    """Return the sequence of a table's newest batch; None before the first."""
    result = state.execute(
        "select max(sequence) from ops.batches where system = %s and table_name = %s", [system, table]
    )
    return one_value(result)
