"""The lake's catalog in PostgreSQL, and the folder whose files it names.

It names landed files by absolute paths (decision 1). In a home that was copied, moved or restored these are
paths of another folder: nothing could be read, and what expires would be deleted there.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql

from pipelines.installation.one_row import one_value
from pipelines.installation.state import connect_state
from pipelines.settings import Settings

CATALOG_SCHEMA = "ducklake"
LOCK = "lake-paths"
DATA_PATH = "select value from {} where key = 'data_path'"
TABLES_WITH_PATHS = """
    select table_name from information_schema.columns
    where table_schema = %s and column_name = 'path_is_relative'
    order by table_name
"""
REWRITE = """
    update {} set path = %(present)s || substr(path, length(%(former)s) + 1)
    where not path_is_relative and starts_with(path, %(former)s || '/')
"""


class MovedLakeError(RuntimeError):
    """The catalog describes the files of another folder than this installation's."""


class NoLakeError(LookupError):
    """There is no lake yet, so that nothing can be read."""


def follow_home(settings: Settings) -> bool:
    """Point the catalog at this home if it describes another folder; costs one query if it does not.

    An embedded database is part of its home, so its catalog can only mean the files beside it. A catalog on a
    server of its own may be in use from elsewhere: there nothing is rewritten unasked.

    Returns:
        whether there is a lake; the first that writes makes it.

    Raises:
        MovedLakeError: the catalog is on a server of its own and describes another folder.
        PlatformDatabaseError: the platform's database does not answer.
    """
    with connect_state(settings) as state:
        former = _described_folder(state)
        if former is None or former == settings.lake_data:
            return former is not None
        if settings.database_url is not None:
            raise MovedLakeError(
                f"The database of BRAIN_DATABASE_URL describes the lake in {former}, and BRAIN_HOME is "
                f"{settings.home}. Nothing was changed. Set BRAIN_HOME to {former.parent}; if its files were "
                "moved for good, back them up there and restore here (docs/operations.md)."
            )
        rewrite_paths(state, settings)
    return True


def rewrite_paths(state: psycopg.Connection, settings: Settings) -> None:
    """Replace the folder that the catalog describes by this home, in one transaction."""
    with state.transaction():
        state.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
        former = _described_folder(state)
        if former is None or former == settings.lake_data:
            return
        homes = {"former": str(former.parent), "present": str(settings.home)}
        for (table,) in state.execute(TABLES_WITH_PATHS, [CATALOG_SCHEMA]).fetchall():
            state.execute(sql.SQL(REWRITE).format(_in_catalog(table)), homes)
        state.execute(
            sql.SQL("update {} set value = %s where key = 'data_path'").format(
                _in_catalog("ducklake_metadata")
            ),
            [f"{settings.lake_data}/"],
        )


def _described_folder(state: psycopg.Connection) -> Path | None:
    """Return the folder of the lake's own files; None if there is no lake yet."""
    metadata = _in_catalog("ducklake_metadata")
    exists = state.execute("select to_regclass(%s)", [f"{CATALOG_SCHEMA}.ducklake_metadata"])
    if one_value(exists) is None:
        return None
    row = state.execute(sql.SQL(DATA_PATH).format(metadata)).fetchone()
    return Path(row[0]) if row else None


def _in_catalog(table: str) -> sql.Identifier:
    return sql.Identifier(CATALOG_SCHEMA, table)
