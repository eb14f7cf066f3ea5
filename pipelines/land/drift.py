"""What a source changed about its tables, kept in `ops.drift` as its owner's work."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from pipelines.contracts import SourceContract, TableContract
from pipelines.extract.schema_drift import Drifted


def record_drift(
    state: psycopg.Connection, contract: SourceContract, table: TableContract, drift: Sequence[Drifted]
) -> None:
    """Note every difference once, and when it was last seen."""
    for change in drift:
        state.execute(
            """
            insert into ops.drift (system, table_name, column_name, kind, difference, policy, owner)
            values (%s, %s, %s, %s, %s, %s, %s)
            on conflict (system, table_name, column_name, kind, difference) do update set last_seen_at = now()
            """,
            [
                contract.system, table.name, change.column, change.kind, change.difference,
                change.policy, contract.owner_code,
            ],
        )  # fmt: skip
