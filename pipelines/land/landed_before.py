"""What a table's earlier batches hold, under a contract that may have changed since they landed.

What has landed is never rewritten. A column that is new in the contract reads as null there, and a number of
another size is cast; a change that the landed rows cannot follow is refused before anything is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import psycopg

from pipelines.contracts import META_COLUMNS, Column, SourceContract, TableContract, can_stand_beside
from pipelines.extract.errors import ContractChangedError
from pipelines.extract.raw_rows import relation_types
from pipelines.installation.one_row import one_value
from pipelines.land import files
from pipelines.land.door import Door
from pipelines.settings import Settings

# Batches of these hold records that later batches do not repeat.
CONTENTS_THAT_STAY = ("changes", "delta")


def rows_as_agreed(connection: duckdb.DuckDBPyConnection, table: TableContract, paths: Sequence[str]) -> str:
    """Return SQL for the rows of landed files, with the columns of today's contract in its types."""
    source = _landed(paths)
    present = relation_types(connection, source)
    columns = ", ".join(_as_agreed(column, present.get(column.name)) for column in table.columns)
    return f"select {columns}, {', '.join(META_COLUMNS)} from {source}"


def compare_with_landed(
    settings: Settings,
    state: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    table: TableContract,
) -> str:
    """Compare a changed contract with what has landed; return what the earlier rows lack, if anything.

    Cheap while the contract is the one under which the newest batch landed.

    Raises:
        ContractChangedError: the rows that landed cannot stand beside those of this contract.
    """
    batches = state.execute(
        "select batch_id, contract_hash from ops.batches where system = %s and table_name = %s "
        "order by landed_at, batch_id",
        [contract.system, table.name],
    ).fetchall()
    if not batches or batches[-1][1] == contract.contract_hash:
        return ""
    paths = _existing(settings, contract, table, (batch_id for batch_id, _ in batches))
    if not paths:
        return ""
    present = relation_types(connection, _landed(paths))
    _refuse_other_types(contract, table, present)
    if table.content in CONTENTS_THAT_STAY:
        _refuse_other_key(connection, contract, table, present, paths[-1])
    return _said_of_new_columns(contract, table, present)


def admitted_beside(
    settings: Settings,
    state: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    table: TableContract,
    rows: str,
    extra_columns: tuple[str, ...],
) -> tuple[tuple[str, ...], str]:
    """Return which columns beyond the contract can land as they come, and what is said of the others.

    A column that was admitted before and comes in another type now would keep its batch, and with it every
    later one, from being registered.
    """
    if not extra_columns:
        return (), ""
    batches = state.execute(
        "select batch_id from ops.batches where system = %s and table_name = %s",
        [contract.system, table.name],
    ).fetchall()
    paths = _existing(settings, contract, table, (batch_id for (batch_id,) in batches))
    landed = relation_types(connection, _landed(paths)) if paths else {}
    now = relation_types(connection, rows)
    other = [
        name for name in extra_columns if name in landed and not can_stand_beside(landed[name], now[name])
    ]
    said = [
        f"'{name}' has landed as {landed[name]} and comes as {now[name]} now: left out." for name in other
    ]
    return tuple(name for name in extra_columns if name not in other), " ".join(said)


def _landed(paths: Sequence[str]) -> str:
    return f"read_parquet({list(paths)}, union_by_name = true)"


def _existing(
    settings: Settings, contract: SourceContract, table: TableContract, batch_ids: Iterable[str]
) -> list[str]:
    paths = (
        files.batch_file(settings, files.GOOD, contract.system, table.name, batch_id)
        for batch_id in batch_ids
    )
    return [str(path) for path in paths if Path(path).exists()]


def _as_agreed(column: Column, landed: str | None) -> str:
    if landed == column.duckdb_type:
        return f'"{column.name}"'
    value = "null" if landed is None else f'"{column.name}"'
    return f'try_cast({value} as {column.duckdb_type}) as "{column.name}"'


def _refuse_other_types(contract: SourceContract, table: TableContract, present: dict[str, str]) -> None:
    for column in table.columns:
        landed = present.get(column.name)
        if landed is not None and not can_stand_beside(landed, column.duckdb_type):
            raise ContractChangedError(
                f"The contract has {contract.system}.{table.name}.{column.name} as {column.duckdb_type}, and "
                f"it has landed as {landed}.",
                next_step=f"Leave '{column.name}' as it was, or give the column another name in "
                f"sources/{contract.system}/contract.yaml, with physicalName: {column.source_name} as the "
                "source calls it; run `brain sources write` and pull.",
            )


def _refuse_other_key(
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    table: TableContract,
    present: dict[str, str],
    newest: str,
) -> None:
    """Records that landed under another key would stay beside the same ones under this key."""
    key = Door(table, present).record_id()
    differ = f"count(*) filter (_source_record_id is distinct from {key})"
    query = f"select {differ} * 2 > count(*) from ({rows_as_agreed(connection, table, [newest])})"
    if one_value(connection.execute(query)):
        raise ContractChangedError(
            f"The contract's key of {contract.system}.{table.name} is {', '.join(table.primary_key)}, and "
            "its records have landed under another: each would be there twice.",
            next_step="Restore the key, or give the table another name in "
            f"sources/{contract.system}/contract.yaml, with physicalName: {table.physical_name} as the "
            "source calls it; run `brain sources write` and pull: it is read whole, and what has landed "
            "stays under the old name.",
        )


def _said_of_new_columns(contract: SourceContract, table: TableContract, present: dict[str, str]) -> str:
    new = [name for name in table.column_names if name not in present]
    if not new or table.content == "full":
        return ""
    return (
        f"New in the contract: {', '.join(new)}; empty in all rows that landed before, until they are read "
        f"again (`brain pull {contract.system} --from DAY --to DAY`)."
    )
