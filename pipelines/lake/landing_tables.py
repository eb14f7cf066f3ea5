"""The lake's landing and quality tables, created from the contracts and extended when a contract grows.

Columns are added, never dropped or retyped: a column removed from a contract keeps its history.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from pipelines.contracts import META_COLUMNS, SourceContract
from pipelines.installation.one_row import one_value
from pipelines.lake.catalog import CATALOG_SCHEMA

LANDING, QUALITY = "landing", "quality"
BATCHES = {
    "batch_id": "VARCHAR",
    "system": "VARCHAR",
    "table_name": "VARCHAR",
    "rows": "BIGINT",
    "content_hash": "VARCHAR",
    "landed_at": "TIMESTAMP WITH TIME ZONE",
    "content": "VARCHAR",
    "period": "VARCHAR",
    "sequence": "BIGINT",
    "rows_quarantined": "BIGINT",
}
QUARANTINE = {
    "system": "VARCHAR",
    "table_name": "VARCHAR",
    "source_record_id": "VARCHAR",
    "raw_row": "VARCHAR",
    "rule_code": "VARCHAR",
    "column_name": "VARCHAR",
    "finding": "VARCHAR",
    "reason": "VARCHAR",
    "batch_id": "VARCHAR",
    "owner": "VARCHAR",
    "quarantined_at": "TIMESTAMP WITH TIME ZONE",
    "status": "VARCHAR",
    "row_hash": "UBIGINT",
}
DOOR_FINDINGS = {
    "source_system": "VARCHAR",
    "source_table": "VARCHAR",
    "source_record_id": "VARCHAR",
    "column_name": "VARCHAR",
    "finding": "VARCHAR",
    "action": "VARCHAR",
    "rule_code": "VARCHAR",
    "batch_id": "VARCHAR",
    "found_at": "TIMESTAMP WITH TIME ZONE",
}
RECONCILIATION = {
    "batch_id": "VARCHAR",
    "system": "VARCHAR",
    "table_name": "VARCHAR",
    "rows_read": "BIGINT",
    "rows_landed": "BIGINT",
    "rows_quarantined": "BIGINT",
    "rows_repeated": "BIGINT",
    "landed_at": "TIMESTAMP WITH TIME ZONE",
}
FIXED_TABLES = {
    (LANDING, "batches"): BATCHES,
    (QUALITY, "quarantine"): QUARANTINE,
    (QUALITY, "door_findings"): DOOR_FINDINGS,
    (QUALITY, "reconciliation"): RECONCILIATION,
}
Tables = dict[tuple[str, str], dict[str, str]]


def landing_name(system: str, table: str) -> str:
    """Return the name of a landed table in the lake's schema `landing`."""
    return f"{system}__{table}"


def wanted_tables(contracts: Mapping[str, SourceContract]) -> Tables:
    """Return every landing and quality table with its columns and types."""
    landed = {
        (LANDING, landing_name(contract.system, table.name)): {
            **{column.name: column.duckdb_type for column in table.columns},
            **META_COLUMNS,
        }
        for contract in contracts.values()
        for table in contract.tables.values()
    }
    return {**landed, **FIXED_TABLES}


def present_tables(state: psycopg.Connection) -> Tables:
    """Return the committed tables of these schemas; types are DuckLake's."""
    found: Tables = {}
    if one_value(state.execute("select to_regclass(%s)", [f"{CATALOG_SCHEMA}.ducklake_column"])) is None:
        return found
    # Query the catalog directly: information_schema would describe every attached database.
    rows = state.execute(
        f"""
        select schema_name, table_name, column_name, column_type
        from {CATALOG_SCHEMA}.ducklake_schema as schemas
        join {CATALOG_SCHEMA}.ducklake_table as tables using (schema_id)
        join {CATALOG_SCHEMA}.ducklake_column as columns using (table_id)
        where schema_name = any(%s)
            and schemas.end_snapshot is null and tables.end_snapshot is null and columns.end_snapshot is null
        """,
        [[LANDING, QUALITY]],
    ).fetchall()
    for schema, table, column, kind in rows:
        found.setdefault((schema, table), {})[column] = kind
    return found


def statements(wanted: Tables, present: Tables) -> list[str]:
    """Return the SQL that extends `present` to at least `wanted`."""
    made: list[str] = []
    for schema in sorted({schema for schema, _ in wanted} - {schema for schema, _ in present}):
        made.append(f"create schema if not exists lake.{schema}")
    for (schema, table), columns in wanted.items():
        if (schema, table) not in present:
            definition = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            made.append(f'create table lake.{schema}."{table}" ({definition})')
            continue
        made += [
            f'alter table lake.{schema}."{table}" add column if not exists "{name}" {kind}'
            for name, kind in columns.items()
            if name not in present[schema, table]
        ]
    return made
