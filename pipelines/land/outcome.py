"""The outcome of pulling one table, as read by runs, checks and people."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

STATUSES = ("landed", "unchanged", "failed")


@dataclass(frozen=True)
class PullOutcome:
    """The result for one table of one pull; `rows_read` = `rows_landed` + `rows_quarantined`.

    `rows_repeated` were read again in the overlap with the previous pull and had
    already landed or been quarantined.
    """

    system: str
    table: str
    status: str
    batch_id: str | None = None
    rows_read: int = 0
    rows_landed: int = 0
    rows_quarantined: int = 0
    rows_repeated: int = 0
    cursor_from: str | None = None
    cursor_to: str | None = None
    seconds: float = 0.0
    message: str = ""
    error_type: str | None = None


def record_outcome(connection: psycopg.Connection, outcome: PullOutcome) -> None:
    """Store the outcome in `ops.run_outcomes`; the caller commits."""
    connection.execute(
        """
        insert into ops.run_outcomes (
            system, table_name, status, batch_id, rows_read, rows_landed, rows_quarantined, rows_repeated,
            cursor_from, cursor_to, seconds, error_type, message
        ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            outcome.system, outcome.table, outcome.status, outcome.batch_id, outcome.rows_read,
            outcome.rows_landed, outcome.rows_quarantined, outcome.rows_repeated, outcome.cursor_from,
            outcome.cursor_to, outcome.seconds, outcome.error_type, outcome.message,
        ],
    )  # fmt: skip
