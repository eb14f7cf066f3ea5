"""The columns of the source tables, read from the contracts in `sources/`."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import yaml

from simulator import SOURCES


class SourceTable(NamedTuple):
    """A table's columns with their DuckDB types, and its primary key in order."""

    columns: dict[str, str]
    key: tuple[str, ...]


@cache
def source_tables(system: str) -> dict[str, SourceTable]:
    """The tables of a system by name, in the contract's order."""
    contract = yaml.safe_load((SOURCES / system / "contract.yaml").read_text(encoding="utf-8"))
    return {table["name"]: _table(table["properties"]) for table in contract["schema"]}


def _table(properties: list[dict]) -> SourceTable:
    keys = sorted((p["primaryKeyPosition"], p["name"]) for p in properties if p.get("primaryKey"))
    return SourceTable(
        {p["name"]: p["physicalType"].split("(")[0] for p in properties}, tuple(name for _, name in keys)
    )


def contract_select(system: str, table: str, relation: str) -> str:
    """A query that gives the relation exactly the contract's columns and types."""
    columns = source_tables(system)[table].columns
    return (
        "select "
        + ", ".join(f"{name}::{kind} as {name}" for name, kind in columns.items())
        + f" from {relation}"
    )


def record_id(system: str, table: str) -> str:
    """The SQL of `source_record_id`: the key's values joined by '|'."""
    return " || '|' || ".join(f"{name}::varchar" for name in source_tables(system)[table].key)
