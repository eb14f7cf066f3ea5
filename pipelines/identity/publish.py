"""Writing the outcome to the lake: only rows that differ, in one transaction, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

SCHEMA = "lake.identity"


@dataclass(frozen=True, eq=False)
class PublishedTable:
    """A lake table of this room: its columns with types, and what identifies a row."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]

    @property
    def qualified(self) -> str:
        """The name by which SQL finds it."""
        return f"{SCHEMA}.{self.name}"

    def create_sql(self) -> str:
        """Create it if it is missing."""
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        return f"create table if not exists {self.qualified} ({columns})"


ASSIGNMENTS = PublishedTable(
    "person_assignments",
    {
        "record_key": "varchar",
        "source_system": "varchar",
        "source_table": "varchar",
        "source_record_id": "varchar",
        "person_id": "varchar",
        "match_rule": "varchar",
        "match_probability": "double",
        "cluster_size": "bigint",
        "is_number_trusted": "boolean",
    },
    ("record_key",),
)
EVIDENCE = PublishedTable(
    "person_evidence",
    {
        "record_key_l": "varchar",
        "record_key_r": "varchar",
        "person_id": "varchar",
        "match_probability": "double",
        "match_weight": "double",
        "evidence": "varchar",
    },
    ("record_key_l", "record_key_r"),
)
REVIEW = PublishedTable(
    "person_review",
    {
        "review_id": "varchar",
        "record_key_l": "varchar",
        "record_key_r": "varchar",
        "person_id_l": "varchar",
        "person_id_r": "varchar",
        "reason": "varchar",
        "match_probability": "double",
        "match_weight": "double",
        "evidence": "varchar",
        "status": "varchar",
    },
    ("review_id",),
)
IDS = PublishedTable(
    "person_ids",
    {
        "person_id": "varchar",
        "current_person_id": "varchar",
        "status": "varchar",
        "first_seen_on": "date",
        "changed_on": "date",
    },
    ("person_id",),
)
HISTORY = PublishedTable(
    "person_id_history",
    {"old_id": "varchar", "new_id": "varchar", "change": "varchar", "as_of": "date", "reason": "varchar"},
    ("old_id", "new_id", "change", "as_of"),
)
TABLES = (ASSIGNMENTS, EVIDENCE, REVIEW, IDS, HISTORY)


def prepare_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schema and the tables that are missing; makes no snapshot if none is."""
    (present,) = connection.execute(
        "select count(*) from information_schema.tables "
        "where table_catalog = 'lake' and table_schema = 'identity' and list_contains(?, table_name)",
        [[table.name for table in TABLES]],
    ).fetchone()
    if present == len(TABLES):
        return
    connection.execute(f"create schema if not exists {SCHEMA}")
    for table in TABLES:
        connection.execute(table.create_sql())


def publish(
    connection: duckdb.DuckDBPyConnection, replacements: dict[PublishedTable, str], history: str
) -> int:
    """Bring each table to the rows of its replacement and append `history`; returns rows written.

    Without a difference nothing is written and the lake gets no snapshot.
    """
    removed = {table: _differences(connection, table, source) for table, source in replacements.items()}
    (changes,) = connection.execute(f"select count(*) from {history}").fetchone()
    if not changes and not any(removed.values()):
        return 0
    written = changes
    with transaction(connection):
        for table, source in replacements.items():
            if removed[table]:
                written += _apply(connection, table, source)
        if changes:
            columns = ", ".join(HISTORY.columns)
            connection.execute(f"insert into {HISTORY.qualified} ({columns}) select {columns} from {history}")
    return written


class transaction:
    """Everything inside is committed together, or none of it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.execute("begin transaction")

    def __exit__(self, error: type | None, *details: object) -> None:
        self.connection.execute("rollback" if error else "commit")


def _differences(connection: duckdb.DuckDBPyConnection, table: PublishedTable, source: str) -> int:
    columns = ", ".join(table.columns)
    connection.execute(
        f"create or replace table changed_{table.name} as "
        f"(select {columns} from {source} except select {columns} from {table.qualified})"
    )
    keys = ", ".join(table.key)
    connection.execute(
        f"create or replace table gone_{table.name} as "
        f"select {keys} from {table.qualified} except select {keys} from {source} "
        f"union all select {keys} from changed_{table.name}"
    )
    return connection.execute(f"select count(*) from gone_{table.name}").fetchone()[0]


def _apply(connection: duckdb.DuckDBPyConnection, table: PublishedTable, source: str) -> int:
    columns = ", ".join(table.columns)
    keys = ", ".join(table.key)
    (existing,) = connection.execute(f"select count(*) from {table.qualified}").fetchone()
    if existing:
        connection.execute(
            f"delete from {table.qualified} where ({keys}) in (select ({keys}) from gone_{table.name})"
        )
    connection.execute(
        f"insert into {table.qualified} ({columns}) "
        f"select {columns} from changed_{table.name} order by {keys}"
    )
    return connection.execute(f"select count(*) from gone_{table.name}").fetchone()[0]
