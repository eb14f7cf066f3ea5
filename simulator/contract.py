"""What the simulator uses of the contracts in `sources/`: tables, columns and keys."""

from __future__ import annotations

from functools import cache

from pipelines.contracts import TableContract, load_contract
from simulator import SOURCES


@cache
def source_tables(system: str) -> dict[str, TableContract]:
    """Return the tables of a system by name, in the contract's order."""
    return dict(load_contract(SOURCES / system / "contract.yaml").tables)


def contract_select(system: str, table: str, relation: str) -> str:
    """Return a query that gives the relation exactly the contract's columns and types."""
    columns = source_tables(system)[table].columns
    typed = (f"{column.name}::{column.physical_type.split('(')[0]} as {column.name}" for column in columns)
    return f"select {', '.join(typed)} from {relation}"


def record_id(system: str, table: str) -> str:
    """Return SQL for `source_record_id` of a table's rows."""
    return record_key(source_tables(system)[table])


def record_key(table: TableContract) -> str:
    """Return SQL for `source_record_id`: the key's values joined by '|', which no simulated key contains."""
    return " || '|' || ".join(f"{name}::varchar" for name in table.primary_key)
