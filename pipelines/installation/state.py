"""The platform's PostgreSQL: lake catalog, manifest, cursors, grants, decisions, work orders, ledger.

Each package provides its tables as an idempotent `schema.sql`; `prepare` applies them all.
`BRAIN_DATABASE_URL` selects an external server; without it the embedded server is started.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from pipelines.installation.closed_home import make_home
from pipelines.installation.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from pipelines.settings import PROJECT_ROOT, Settings

DATABASE = "brain"
SCHEMAS = (
    PROJECT_ROOT / "pipelines" / "land" / "schema.sql",
    PROJECT_ROOT / "pipelines" / "lake" / "schema.sql",
    PROJECT_ROOT / "pipelines" / "stream" / "schema.sql",
    PROJECT_ROOT / "pipelines" / "identity" / "schema.sql",
    PROJECT_ROOT / "data_quality" / "schema.sql",
    PROJECT_ROOT / "sharing" / "schema.sql",
)
LOCK_TIMEOUT_SECONDS = 900


class PlatformDatabaseError(ConnectionError):
    """The platform's own PostgreSQL does not answer, so nothing can continue."""


def embedded_server(settings: Settings) -> EmbeddedPostgres:
    """Return the embedded server, running or not."""
    return EmbeddedPostgres(settings.home / "postgres" / "cluster", settings.secrets / "pgpass")


def state_conninfo(settings: Settings) -> str:
    """Return the connection string of the platform's database; without a password for the embedded server."""
    return settings.database_url or embedded_server(settings).conninfo(DATABASE)


def prepare(settings: Settings) -> None:
    """Start the embedded server if it is used, and create what is missing."""
    make_home(settings.home)
    if settings.database_url is None:
        server = embedded_server(settings)
        server.start()
        server.create_database(DATABASE)
    with connect_state(settings) as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('prepare-state'))")
        for schema in SCHEMAS:
            connection.execute(schema.read_text())


def connect_state(settings: Settings, *, autocommit: bool = False) -> psycopg.Connection:
    """Connect to the platform's database; starts the embedded server if it is down.

    Raises:
        PlatformDatabaseError: says how to start it.
    """
    try:
        return psycopg.connect(state_conninfo(settings), autocommit=autocommit)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1].strip()
    try:
        _start_again(settings)
        return psycopg.connect(state_conninfo(settings), autocommit=autocommit)
    except EmbeddedPostgresError as failed:
        raise PlatformDatabaseError(str(failed)) from None
    except psycopg.OperationalError:
        raise PlatformDatabaseError(
            f"The platform's PostgreSQL does not answer ({reason}). "
            "Nothing was changed. Start it with `brain start`, or check BRAIN_DATABASE_URL."
        ) from None


def _start_again(settings: Settings) -> None:
    """Restart the embedded server of an installation whose servers were stopped.

    Raises:
        PlatformDatabaseError: this home has not been set up.
        EmbeddedPostgresError: the server does not start.
    """
    if settings.database_url is not None:
        return
    server = embedded_server(settings)
    if not server.is_initialised():
        raise PlatformDatabaseError(
            f"Nothing has been set up in {settings.home}. Run `make demo`, or `brain start` for an empty "
            "platform; BRAIN_HOME names another home."
        )
    server.start()


@contextmanager
def advisory_lock(
    settings: Settings, name: str, *, timeout_seconds: float = LOCK_TIMEOUT_SECONDS
) -> Iterator[None]:
    """Hold a named advisory lock; PostgreSQL releases it if this process dies.

    Raises:
        TimeoutError: it was not free within `timeout_seconds`.
    """
    with connect_state(settings, autocommit=True) as connection:
        deadline = time.monotonic() + timeout_seconds
        while not _try_lock(connection, name):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"'{name}' has been held by another process for {timeout_seconds:.0f} s. "
                    "Nothing was changed. See `brain status` for what is running."
                )
            time.sleep(0.1)
        try:
            yield
        finally:
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _try_lock(connection: psycopg.Connection, name: str) -> bool:
    row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchone()
    return bool(row and row[0])
