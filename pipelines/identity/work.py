"""A private in-memory catalog for intermediate tables, and the scripts that run in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import duckdb

from pipelines.installation.one_row import one_row

SCRIPTS = Path(__file__).parent / "sql"
WORK = "identity_work"


@contextmanager
def work_catalog(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Make an empty scratch catalog the default, and restore the previous default on exit."""
    database, schema = one_row(connection.execute("select current_database(), current_schema()"))
    connection.execute(f"attach ':memory:' as {WORK}")
    connection.execute(f"use {WORK}.main")
    try:
        yield connection
    finally:
        connection.execute(f"use {database}.{schema}")
        connection.execute(f"detach {WORK}")


def run_script(connection: duckdb.DuckDBPyConnection, script: str, /, **values: object) -> None:
    """Run `sql/<script>.sql` with its `{value}` placeholders filled in."""
    connection.execute(_script(script).format(**values))


@lru_cache
def _script(name: str) -> str:
    return (SCRIPTS / f"{name}.sql").read_text(encoding="utf-8")
