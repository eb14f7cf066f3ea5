"""Message fields that a contract does not define.

A stream cannot be stopped for one device's new firmware: under `freeze`, the affected messages are
quarantined; `quarantine` omits the new field and notifies the owner; `evolve` admits it. A message that has
new fields but none of its table's own belongs to another table and is always quarantined.
"""

from __future__ import annotations

import re

import duckdb

from pipelines.contracts import SourceContract, TableContract
from pipelines.extract.drift_words import Drifted
from pipelines.extract.raw_rows import FOREIGN
from pipelines.extract.schema_drift import by_contract, compare
from pipelines.installation.state import connect_state
from pipelines.land.drift import record_drift
from pipelines.land.message_checks import NEW_FIELDS, top_field
from pipelines.settings import Settings

MOST_NEW_FIELDS = 50
A_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
OTHER_NAMES = "(其他名称)"


def note_new_fields(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    table: TableContract,
    rows: str,
) -> tuple[str, ...]:
    """Notify the owner of new fields in these rows; returns those that the contract admits."""
    found = connection.execute(
        f"select distinct unnest({NEW_FIELDS}) as name from {rows} where not {FOREIGN} order by name "
        f"limit {MOST_NEW_FIELDS}"
    ).fetchall()
    if not found:
        return ()
    # A malformed name may be anything, even a person's, so it is not repeated.
    names = sorted({name if A_NAME.fullmatch(name) else OTHER_NAMES for (name,) in found})
    agreed = [top_field(table, name) for name in table.column_names]
    changes = compare(contract, table, by_contract(table, dict.fromkeys([*agreed, *names]), is_nested=True))
    with connect_state(settings) as state:
        record_drift(settings, state, contract, table, changes)
    return _let_in(changes)


def _let_in(changes: tuple[Drifted, ...]) -> tuple[str, ...]:
    return tuple(
        change.column for change in changes if change.policy == "evolve" and change.column != OTHER_NAMES
    )
