"""The lake's landing and quality tables, created from the contracts and extended when a contract grows.

Columns are added and widened, never dropped or otherwise retyped: a column removed from a contract keeps its
history.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import psycopg

from pipelines.contracts import META_COLUMNS, ContractError, SourceContract, can_stand_beside, is_wider
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
# What DuckLake's catalog calls the types of landed columns.
CATALOG_TYPES = {
    "varchar": "VARCHAR",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint64": "UBIGINT",
    "float64": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
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
    """Return the committed tables of these schemas with their columns and types."""
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
        found.setdefault((schema, table), {})[column] = CATALOG_TYPES.get(kind, kind.upper())
    return found


def refuse_retyped(wanted: Tables, present: Tables, landed_tables: Collection[str]) -> None:
    """Raise if a contract gives a landed column a type in which its rows cannot be read.

    Args:
        landed_tables: the tables that new rows are for. Another one keeps its types, and stops nothing.

    Raises:
        ContractError: names the first such column, both types, and what to write instead.
    """
    for table in sorted(landed_tables):
        for name, kind in wanted.get((LANDING, table), {}).items():
            landed = present.get((LANDING, table), {}).get(name, kind)
            if not can_stand_beside(landed, kind):
                raise ContractError(
                    f"The contract of {LANDING}.{table} has '{name}' as {kind}, and it has landed as "
                    f"{landed}. Nothing was registered. Leave it as it was, or give the column another name "
                    "in the contract, with physicalName as the source calls it; run `brain sources write`."
                )


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
        made += [
            f'alter table lake.{schema}."{table}" alter column "{name}" set data type {kind}'
            for name, kind in columns.items()
            if is_wider(kind, present[schema, table].get(name, kind))
        ]
    return made
