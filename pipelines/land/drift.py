"""Schema drift: record what a source changed about its tables, with a work order until it is resolved.

Readers detect columns and encodings at every pull; door 1 detects unknown codes in the landed
rows. A pull that no longer sees a change closes its work order.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from data_quality.work_orders import Difference, update_source_orders
from pipelines.contracts import SourceContract, TableContract
from pipelines.extract.drift_words import UNKNOWN_CODE, Drifted
from pipelines.settings import Settings

UNKNOWN_CODES = """
    select substr(rule, length('enum.') + 1)
    from ops.batches, jsonb_object_keys(findings_by_rule) as rule
    where batch_id = %s and rule like 'enum.%%'
    order by rule
"""
SEEN = """
    insert into ops.drift (system, table_name, column_name, kind, difference, policy, owner)
    values (%s, %s, %s, %s, %s, %s, %s)
    on conflict (system, table_name, column_name, kind, difference)
    do update set last_seen_at = now(), gone_at = null
"""
GONE = """
    update ops.drift set gone_at = now()
    where system = %s and table_name = %s and gone_at is null and (kind = 'unknown_code') = %s
"""


def record_drift(
    settings: Settings,
    state: psycopg.Connection,
    contract: SourceContract,
    table: TableContract,
    drift: Sequence[Drifted],
    *,
    of_codes: bool = False,
) -> None:
    """Record the drift seen by this pull; for drift no longer seen, close the work order.

    Args:
        of_codes: `drift` is about codes, else about everything but codes.
    """
    with state.transaction():
        state.execute(GONE, [contract.system, table.name, of_codes])
        for change in drift:
            state.execute(
                SEEN,
                [
                    contract.system, table.name, change.column, change.kind, change.difference,
                    change.policy, contract.owner_code,
                ],
            )  # fmt: skip
        update_source_orders(
            state,
            f"source:{contract.system}.{table.name}",
            contract.owner,
            [
                Difference(f"drift.{change.kind}.{change.column}", _label(contract, table, change))
                for change in drift
            ],
            prefix="drift.unknown_code." if of_codes else "drift.",
            except_prefix=None if of_codes else "drift.unknown_code.",
            today=settings.current_date(),
        )


def record_unknown_codes(
    settings: Settings,
    state: psycopg.Connection,
    contract: SourceContract,
    table: TableContract,
    batch_id: str,
) -> None:
    """Record the columns of a new batch with codes outside the contract's lists; never the codes."""
    found = state.execute(UNKNOWN_CODES, [batch_id]).fetchall()
    drift = [Drifted(UNKNOWN_CODE, column, contract.drift.columns) for (column,) in found]
    record_drift(settings, state, contract, table, drift, of_codes=True)


def _label(contract: SourceContract, table: TableContract, change: Drifted) -> str:
    """Return the text for the owner: in Chinese, except for the names used by the systems."""
    known = change.column in table.column_names
    column = f"{table.column(change.column).label}（{change.column}）" if known else change.column
    return " ".join(part for part in (contract.label, table.label, column, change.in_chinese) if part)
