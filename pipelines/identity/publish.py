"""Write the outcome to the lake: only rows that differ, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from pipelines.identity.tables import HISTORY, SCHEMA, STATE, TABLES, PublishedTable
from pipelines.installation.one_row import one_value


def prepare_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schema and any missing tables; makes no snapshot if none is missing.

    If a state table has the columns of an earlier release, all state tables are recreated; without a base,
    the next run is a full one.
    """
    present = dict(
        connection.execute(
            "select table_name, list(column_name order by ordinal_position) from information_schema.columns "
            "where table_catalog = 'lake' and table_schema = 'identity' group by table_name"
        ).fetchall()
    )
    kept = [table for table in STATE if table.name in present]
    if any(present[table.name] != list(table.columns) for table in kept):
        for table in kept:
            connection.execute(f"drop table {table.qualified}")
            del present[table.name]
    if present.keys() >= {table.name for table in TABLES}:
        return
    connection.execute(f"create schema if not exists {SCHEMA}")
    for table in TABLES:
        connection.execute(table.create_sql())


def publish(
    connection: duckdb.DuckDBPyConnection,
    replacements: Mapping[PublishedTable, str],
    history: str,
    scopes: Mapping[PublishedTable, str] | None = None,
) -> int:
    """Bring each table to the rows of its replacement and append `history`; returns rows written.

    If nothing differs, nothing is written and the lake gets no snapshot.

    Args:
        connection: holds the replacements, with the lake attached.
        replacements: the relation with the wanted rows of each table.
        history: the relation whose rows are appended to the history.
        scopes: per table, the condition that limits which rows are replaced.
    """
    scopes = scopes or {}
    removed = {
        table: _differences(connection, table, source, scopes.get(table, "true"))
        for table, source in replacements.items()
    }
    changes = one_value(connection.execute(f"select count(*) from {history}"))
    if not changes and not any(removed.values()):
        return 0
    written = changes
    with transaction(connection):
        for table in replacements:
            if removed[table]:
                _apply(connection, table)
                written += removed[table]
        if changes:
            columns = ", ".join(HISTORY.columns)
            connection.execute(f"insert into {HISTORY.qualified} ({columns}) select {columns} from {history}")
    return written


class transaction:
    """Commit everything inside together, or roll it back on an error."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.execute("begin transaction")

    def __exit__(self, error: type | None, *details: object) -> None:
        self.connection.execute("rollback" if error else "commit")


def _differences(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, source: str, scope: str
) -> int:
    columns, keys = ", ".join(table.columns), ", ".join(table.key)
    if not _rows(connection, table):
        connection.execute(f"create or replace view changed_{table.name} as select {columns} from {source}")
        return one_value(connection.execute(f"select count(*) from {source}"))
    # A whole table is read in place; a part is copied once.
    kind = "view" if scope == "true" else "table"
    connection.execute(
        f"create or replace {kind} present_{table.name} as "
        f"select {columns} from {table.qualified} where {scope}"
    )
    connection.execute(f"create or replace table changed_{table.name} as {_fresh_rows(table, source)}")
    connection.execute(
        f"create or replace table gone_{table.name} as "
        f"select {keys} from present_{table.name} except select {keys} from {source} "
        f"union all select {keys} from changed_{table.name}"
    )
    return one_value(connection.execute(f"select count(*) from gone_{table.name}"))


def _fresh_rows(table: PublishedTable, source: str) -> str:
    columns, keys = ", ".join(table.columns), ", ".join(table.key)
    compared = ", ".join(name for name in table.columns if name not in table.noted)
    fresh = f"select {compared} from {source} except select {compared} from present_{table.name}"
    if not table.noted:
        return fresh
    return f"select {columns} from {source} where ({keys}) in (select ({keys}) from ({fresh}))"


def _apply(connection: duckdb.DuckDBPyConnection, table: PublishedTable) -> None:
    columns = ", ".join(table.columns)
    keys = ", ".join(table.key)
    if _rows(connection, table):
        connection.execute(
            f"delete from {table.qualified} where ({keys}) in (select ({keys}) from gone_{table.name})"
        )
    connection.execute(
        f"insert into {table.qualified} ({columns}) select {columns} from changed_{table.name}"
    )


def _rows(connection: duckdb.DuckDBPyConnection, table: PublishedTable) -> int:
    return one_value(connection.execute(f"select count(*) from {table.qualified}"))
