"""The dbt source declaration of a system's landed tables, with the metadata the staging macros need."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pipelines.contracts import Column, SourceContract, TableContract


def landed_sources(contract: SourceContract) -> dict[str, Any]:
    """Return the content of `_<system>__sources.yml`."""
    return {
        "version": 2,
        "sources": [
            {
                "name": "landing",
                "schema": "landing",
                "description": f"{contract.label}（{contract.owner}）的入湖批次，与来源一字不差",
                "tables": [_table(contract, table) for table in contract.tables.values()],
            }
        ],
    }


def _table(contract: SourceContract, table: TableContract) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "system": contract.system,
        "table": table.name,
        "label_zh": table.label,
        "owner_code": contract.owner_code,
        "content": table.content,
        "primary_key": list(table.primary_key),
    }
    if table.ingest.deleted_flag:
        meta["deleted_flag"] = table.ingest.deleted_flag
    if table.content == "stream":
        meta |= _times_of(table)
    if table.references:
        meta["references"] = [
            {"name": reference.staged_name, "columns": list(reference.columns)}
            for reference in table.references
        ]
    if table.staging:
        meta["staging"] = dict(table.staging)
    return {
        "name": f"{contract.system}__{table.name}",
        "description": f"{table.label}。{table.grain or '一行为一条记录'}的一个版本",
        "config": {"meta": meta},
        "columns": [_column(column) for column in table.columns],
    }


def _times_of(table: TableContract) -> dict[str, int]:
    """By how many seconds a device's clock may be ahead, and after how many a message is late, if ever."""
    tolerance, watermark = table.ingest.future_tolerance or timedelta(), table.ingest.watermark
    times = {"clock_tolerance_seconds": int(tolerance.total_seconds())}
    return times if watermark is None else times | {"late_seconds": int(watermark.total_seconds())}


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "description": column.label + (f"：{column.description}" if column.description else ""),
        "data_type": column.duckdb_type.lower(),
        "config": {
            "meta": {
                "label_zh": column.label,
                "classification": column.classification,
                "logical_type": column.logical_type,
            }
        },
    }
