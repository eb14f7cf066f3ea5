"""Rows for a contract's table, generated in bulk from their row number alone."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.contracts import Column, TableContract

# Values that satisfy the contracts' rules, so that no row is flagged.
GOOD = {
    "county_code": "'340403'",
    "community_code": "'340403001001'",
    "grid_code": "'340403001001001'",
    "residence_house_code": "lpad(cast(i as varchar), 25, '3')",
    "birth_date": "'19' || (50 + i % 50) || '0101'",
    "item_code": "'item' || i % 300",
    "device_id": "'3404030100132' || lpad(cast(i % 1000 as varchar), 7, '0')",
    "longitude": "117.0 + i % 1000 / 10000",
    "latitude": "32.6 + i % 1000 / 10000",
}


def write_rows(path: Path, table: TableContract, rows: int) -> None:
    """Write a Parquet file of valid rows with the table's columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        connection.execute(f"copy ({select_rows(table, rows)}) to '{path}' (format parquet)")


def select_rows(table: TableContract, rows: int) -> str:
    """Return a query for this many rows; a quarter of the optional texts is empty."""
    columns = ", ".join(f"{_value(table, column)} as {column.name}" for column in table.columns)
    return f"select {columns} from range({rows}) as t(i)"


def _value(table: TableContract, column: Column) -> str:
    if column.name in GOOD:
        return GOOD[column.name]
    if column.enum:
        codes = ", ".join(f"'{code}'" for code in column.enum)
        return f"[{codes}][1 + i % {len(column.enum)}]"
    if column.logical_type == "timestamp":
        return "timestamptz '2026-01-01 00:00:00+08' + to_seconds(i // 4)"
    if column.logical_type == "date":
        return "date '2020-01-01' + cast(i % 2000 as integer)"
    if column.logical_type == "boolean":
        return "i % 50 = 0"
    if column.logical_type == "integer" and column.name in table.primary_key:
        return "i"
    if column.logical_type in ("integer", "number"):
        return f"cast({column.minimum or 0} + i % 100 as {column.duckdb_type})"
    if column.name in table.primary_key:
        return "'340490' || lpad(cast(i as varchar), 12, '0')"
    text = f"'值' || (hash(i, '{column.name}') % 100000)"
    return text if column.required else f"case when hash(i, '{column.name}') % 4 > 0 then {text} end"
