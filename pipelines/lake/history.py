"""The lake as of another day: what was known then, and what was valid then.

What was known is a snapshot of the lake: the one left by the last complete build before the end of that day.
What was valid follows from each core table's `meta.validity`, which says what dates its rows:

- `{from: COLUMN, to: COLUMN}`: from a start (null: unknown) to an end (null or omitted: still valid);
- `{day: COLUMN}`: on that day only;
- `{through: TABLE, by: COLUMN}`: while the row of that table with the same value is valid;
- `{undated: REASON}`: rows are not dated.

A day stands for its end in the city's time zone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb
import yaml

from pipelines.installation.one_row import one_value
from pipelines.lake.connection import LAKE
from pipelines.parsed_sql import nodes_of
from pipelines.settings import PROJECT_ROOT, end_of_day

CORE = "core"
CORE_MODELS = PROJECT_ROOT / "dbt_project" / "models" / CORE
# DuckDB's own database, which holds nothing of the lake: views in it shadow the lake's tables.
NARROWED = "memory"


@cache
def validity_of_core_tables(folder: Path = CORE_MODELS) -> Mapping[str, Mapping[str, str]]:
    """Return what dates the rows of each core table, by table name."""
    return {
        model["name"]: model["config"]["meta"]["validity"]
        for path in sorted(folder.glob("_*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
        if "validity" in model["config"]["meta"]
    }


def narrow_to_day(connection: duckdb.DuckDBPyConnection, day: date, query: str) -> list[str]:
    """Restrict the tables of a query to what was valid at the end of a day; returns the core tables.

    Only core tables are restricted. The whole tables remain available as `lake.schema.table`.
    """
    present = connection.execute(
        "select table_schema, table_name from information_schema.tables where table_catalog = ?", [LAKE]
    ).fetchall()
    written = {(table.schema, table.name) for table in _tables_named(connection, query) if not table.database}
    # Only names that exist in the lake become part of a statement, never user input.
    named = sorted(written.intersection(present))
    connection.execute(f"use {NARROWED}")
    for schema, table in named:
        condition = f" where {valid_on(table, day)}" if schema == CORE else ""
        connection.execute(f"create schema if not exists {NARROWED}.{schema}")
        connection.execute(
            f"create view {NARROWED}.{schema}.{table} as "
            f"select * from {LAKE}.{schema}.{table} as {table}{condition}"
        )
    return [table for schema, table in named if schema == CORE]


def valid_on(table: str, day: date) -> str:
    """Return the condition under which a row of a core table was valid at the end of a day.

    Raises:
        LookupError: the table does not declare what dates its rows.
    """
    validity = validity_of_core_tables().get(table)
    match validity:
        case {"undated": _}:
            return "true"
        case {"day": column}:
            return f"{table}.{column} = date '{day}'"
        case {"through": other, "by": column}:
            key = f"{other}.{column}"
            within = (
                f"select {key} from {LAKE}.{CORE}.{other} as {other} "
                f"where {key} is not null and {valid_on(other, day)}"
            )
            return f"({table}.{column} is null or {table}.{column} in ({within}))"
        case {"from": column, **others}:
            end = f"timestamptz '{end_of_day(day).isoformat()}'"
            begun = f"coalesce(cast({table}.{column} as timestamptz) < {end}, true)"
            if "to" not in others:
                return begun
            return f"{begun} and coalesce(cast({table}.{others['to']} as timestamptz) >= {end}, true)"
    raise LookupError(
        f"What dates the rows of core.{table} is not said: its `meta.validity` is {validity}. "
        "Nothing was read; without --as-valid-on the whole table is shown."
    )


def why_undated(table: str) -> str | None:
    """Return why the rows of a core table are not dated; None if they are."""
    return validity_of_core_tables().get(table, {}).get("undated")


def names_the_lake(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    """Whether a query names a table with its database, which bypasses the restriction to a day."""
    return any(table.database == LAKE for table in _tables_named(connection, query))


class _TableName(NamedTuple):
    """A table name as written in a query, in lower case; omitted parts are empty."""

    database: str
    schema: str
    name: str


def _tables_named(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[_TableName]:
    parsed = one_value(connection.execute("select json_serialize_sql(?)", [query]))
    for node in nodes_of(json.loads(parsed)):
        if node.get("type") == "BASE_TABLE":
            yield _TableName(*(node[part].lower() for part in ("catalog_name", "schema_name", "table_name")))
